/**
 * Asks again and again while somebody looks. A hidden tab asks nothing; the moment it is shown it asks at
 * once. One question is under way at a time: a slow server is never asked twice.
 */
export interface Poll {
  /** Ask now, giving up a question under way. */
  now(): void;
  stop(): void;
}

export function startPolling(
  /** Resolves to the wait before the next question, in ms, or null for never. */
  ask: (signal: AbortSignal) => Promise<number | null>,
  onPause: (paused: boolean) => void,
): Poll {
  let timer: ReturnType<typeof setTimeout> | undefined;
  let running: AbortController | null = null;
  let stopped = false;

  const run = async () => {
    clearTimeout(timer);
    running?.abort();
    const mine = new AbortController();
    running = mine;
    try {
      const waitMs = await ask(mine.signal);
      if (!mine.signal.aborted && waitMs !== null && !document.hidden) {
        timer = setTimeout(() => void run(), waitMs);
      }
    } catch (error) {
      if (!mine.signal.aborted) throw error;
    } finally {
      if (running === mine) running = null;
    }
  };
  const onVisibility = () => {
    onPause(document.hidden);
    if (document.hidden) clearTimeout(timer);
    else if (running === null) void run();
  };
  document.addEventListener('visibilitychange', onVisibility);
  if (document.hidden) onPause(true);
  // Not at once: what the first question reads must not become a reason for the caller to begin anew.
  else queueMicrotask(() => stopped || void run());

  return {
    now: () => {
      if (!stopped) void run();
    },
    stop: () => {
      stopped = true;
      clearTimeout(timer);
      running?.abort();
      document.removeEventListener('visibilitychange', onVisibility);
    },
  };
}
