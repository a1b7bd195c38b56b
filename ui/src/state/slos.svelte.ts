/** Objectives, asked for now and then while a page that shows them is open. */
import { getSlos, type Slo, type Standing, standingsOf } from '../api/slos';
import { startPolling } from './poll';

const refreshMs = 15_000;

class Slos {
  /** Null until they were read, and where this server keeps none. */
  list: readonly Slo[] | null = $state.raw(null);

  /** By service; null where no objective is set at all. */
  readonly standings: ReadonlyMap<string, Standing> | null = $derived(
    this.list === null || this.list.length === 0 ? null : standingsOf(this.list),
  );

  private tenant: string | null = null;

  /** Keeps them fresh until the function it returns is called. */
  follow(tenant: string | null): () => void {
    if (tenant !== this.tenant) this.list = null;
    this.tenant = tenant;
    const poll = startPolling(
      async (signal) => {
        const reply = await getSlos(tenant, signal);
        if (reply.kind === 'ok') this.list = reply.data;
        // A server without rules has no objectives, and will not have any in a moment.
        else if (reply.failure.kind === 'not-found') {
          this.list = null;
          return null;
        }
        return refreshMs;
      },
      () => undefined,
    );
    return () => poll.stop();
  }
}

export const slos = new Slos();
