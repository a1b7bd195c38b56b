/** The names the overview last showed, so that what only needs names need not ask for them again. */
import { getOverview } from '../api/client';
import type { Overview } from '../api/model';

class Known {
  overview: Overview | null = $state.raw(null);

  /**
   * Asks for the names alone where no page has yet; what it returns gives up. `missing` is told where there is no
   * answer to be had.
   */
  ask(tenant: string | null, missing: () => void = () => undefined): (() => void) | undefined {
    if (this.overview !== null) return undefined;
    const giveUp = new AbortController();
    void getOverview(
      { range: { kind: 'live', windowMs: 900_000 }, points: 1, sparks: { first: 0, count: 0 } },
      tenant,
      giveUp.signal,
    ).then(
      (reply) => {
        if (reply.kind === 'ok') this.overview = reply.data;
        else missing();
      },
      () => undefined,
    );
    return () => giveUp.abort();
  }
}

export const known = new Known();
