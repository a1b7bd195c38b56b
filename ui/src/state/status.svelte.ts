/** What the status strip says: how old the data is, and everything that makes it less than whole. */
import type { Failure } from '../api/client';

/** `idle`: nothing is being asked, and nothing is wrong. */
export type Feed = 'idle' | 'loading' | 'live' | 'paused' | 'fixed' | 'failed';

class Status {
  feed: Feed = $state('loading');
  failure: Failure | null = $state.raw(null);
  warnings: readonly string[] = $state.raw([]);
  skewMs: number | null = $state(null);
  rightEdgeMs: number | null = $state(null);
  /** How far the data's right edge lay behind the server's clock when the reply came. */
  private behindMs = 0;
  private receivedAt = 0;

  received(of: {
    rightEdgeMs: number;
    serverMs: number;
    warnings: readonly string[];
    skewMs: number | null;
    live: boolean;
  }): void {
    this.rightEdgeMs = of.rightEdgeMs;
    this.behindMs = Math.max(0, of.serverMs - of.rightEdgeMs);
    this.receivedAt = performance.now();
    this.warnings = of.warnings;
    this.skewMs = of.skewMs;
    this.failure = null;
    this.feed = of.live ? 'live' : 'fixed';
  }

  failed(failure: Failure): void {
    this.failure = failure;
    this.feed = 'failed';
  }

  reset(feed: Feed = 'loading'): void {
    this.feed = feed;
    this.failure = null;
    this.warnings = [];
    this.skewMs = null;
    this.rightEdgeMs = null;
  }

  ageMs(now: number): number | null {
    return this.rightEdgeMs === null ? null : this.behindMs + (now - this.receivedAt);
  }
}

export const status = new Status();
