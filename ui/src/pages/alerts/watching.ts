/** How the pages about alerts ask again and again, and what the header then says. */
import type { Failure, Reply } from '../../api/client';
import { type Poll, startPolling } from '../../state/poll';
import { status } from '../../state/status.svelte';

export function watch<T>(
  ask: (signal: AbortSignal) => Promise<Reply<T>>,
  refreshMs: number,
  onreply: (data: T) => void,
  onfailure: (failure: Failure | null) => void,
): Poll {
  status.reset();
  return startPolling(
    async (signal) => {
      const reply = await ask(signal);
      if (reply.kind === 'failed') {
        onfailure(reply.failure);
        if (reply.failure.kind === 'not-found') {
          // Not a breakdown: this server has no rules to evaluate.
          status.reset('idle');
          return null;
        }
        status.failed(reply.failure);
        return reply.failure.kind === 'unavailable' ? reply.failure.retryAfterMs : 2000;
      }
      onfailure(null);
      onreply(reply.data);
      const nowMs = Date.now();
      status.received({
        rightEdgeMs: nowMs,
        serverMs: nowMs,
        warnings: reply.warnings,
        skewMs: null,
        live: true,
      });
      return refreshMs;
    },
    (paused) => {
      if (paused) status.feed = 'paused';
    },
  );
}
