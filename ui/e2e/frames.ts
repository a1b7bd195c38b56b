/**
 * What each frame of a page costs its main thread, from a DevTools trace: the thread's own CPU time, so that
 * what else runs on the machine counts little.
 */
import type { Browser, CDPSession, Page } from 'playwright-core';

interface TraceEvent {
  readonly name: string;
  readonly ph: string;
  readonly ts: number;
  readonly dur?: number;
  readonly tdur?: number;
  readonly pid: number;
  readonly tid: number;
  readonly args?: { readonly name?: string };
}

export interface FrameCosts {
  /** Script and layout (style included) of each frame in ms, smallest first. */
  readonly frames: readonly number[];
  /** Where the time of all frames went, in ms. */
  readonly byKind: Readonly<Record<string, number>>;
}

const script = new Set([
  'EventDispatch',
  'FireAnimationFrame',
  'FunctionCall',
  'EvaluateScript',
  'TimerFire',
  'RunMicrotasks',
  'MinorGC',
  'MajorGC',
]);
const layout = new Set(['UpdateLayoutTree', 'Layout']);
const other = new Set(['PrePaint', 'Paint', 'Layerize', 'Commit', 'HitTest']);

/** Traces `act` on the page; a frame counts from the moment Chromium begins it to the beginning of the next. */
export async function frameCosts(
  browser: Browser,
  page: Page,
  act: () => Promise<void>,
): Promise<FrameCosts> {
  const session = await browser.newBrowserCDPSession();
  const events: TraceEvent[] = [];
  session.on('Tracing.dataCollected', ({ value }) => events.push(...(value as never[])));
  await session.send('Tracing.start', {
    transferMode: 'ReportEvents',
    traceConfig: {
      includedCategories: ['devtools.timeline', 'disabled-by-default-devtools.timeline.frame'],
    },
  });
  await page.evaluate(() => performance.mark('traced page'));
  await act();
  await ended(session);
  return sumUp(events);
}

async function ended(session: CDPSession): Promise<void> {
  const complete = new Promise((resolve) => session.once('Tracing.tracingComplete', resolve));
  await session.send('Tracing.end');
  await complete;
  await session.detach();
}

function sumUp(events: readonly TraceEvent[]): FrameCosts {
  const mains = events.filter(
    (event) => event.name === 'thread_name' && event.args?.name === 'CrRendererMain',
  );
  const busiest = mains
    .map((of) => events.filter((event) => event.pid === of.pid && event.tid === of.tid))
    .sort((a, b) => b.length - a.length)[0];
  if (busiest === undefined) throw new Error('the trace names no main thread of a page');
  const ordered = busiest.toSorted((a, b) => a.ts - b.ts);
  const byKind: Record<string, number> = {};
  const frames: number[] = [];
  let frame = -1;
  let until = 0;
  for (const event of ordered) {
    if (event.name === 'BeginMainThreadFrame' || event.name === 'BeginFrame') {
      if (event.name === 'BeginMainThreadFrame') frames[++frame] = 0;
      continue;
    }
    const counted = script.has(event.name) || layout.has(event.name);
    if (event.ph !== 'X' || (!counted && !other.has(event.name))) continue;
    const tookMs = (event.tdur ?? event.dur ?? 0) / 1000;
    const isInner = event.ts + (event.dur ?? 0) <= until;
    // Layout that script forces is inside that script's time already.
    byKind[event.name] = (byKind[event.name] ?? 0) + tookMs;
    if (isInner) continue;
    until = event.ts + (event.dur ?? 0);
    if (counted && frame >= 0) frames[frame] = (frames[frame] ?? 0) + tookMs;
  }
  return { frames: frames.sort((a, b) => a - b), byKind };
}

/** Scrolls the page by so many pixels in each of so many frames. */
export function scrollFrames(page: Page, count: number, pixels: number): Promise<void> {
  return page.evaluate(
    async ([frames, by]) => {
      for (let i = 0; i < (frames ?? 0); i++) {
        await new Promise((next) => requestAnimationFrame(next));
        scrollBy(0, by ?? 0);
      }
    },
    [count, pixels],
  );
}
