/**
 * Why a service stands where it stands in a list that is worst first, in words. From the same signals the
 * row shows: nothing is guessed, and a service with nothing to say gets no line.
 */
import type { EntitySummary, Signal } from '../../api/model';
import type { Standing } from '../../api/slos';
import { show } from '../../format/quantity';

export interface Why {
  readonly kind: 'error' | 'wait';
  readonly text: string;
}

const errorsWorthSaying = 0.01;
const timesItsUsual = 2;
const shortestHistory = 10;
/** Below this a request is fast, however its p99 compares with before. */
const slowSeconds = 0.02;

export function whyOf(
  service: Pick<EntitySummary, 'signals' | 'topSuspect'>,
  standing: Standing | null = null,
): Why[] {
  const found: Why[] = [];
  if (standing !== null && standing.alert !== null) {
    found.push(
      standing.alert === 'page'
        ? { kind: 'error', text: 'burns its error budget fast' }
        : { kind: 'wait', text: 'burns its error budget' },
    );
  }
  const suspect = service.topSuspect;
  // What the server found says the symptom too; the guesses below are for when it found nothing.
  if (suspect !== null) {
    found.push({ kind: suspect.symptom === 'errors' ? 'error' : 'wait', text: suspect.text });
    return found;
  }
  const errors = service.signals['errors'];
  if (errors?.kind === 'measured' && errors.value >= errorsWorthSaying) {
    found.push({ kind: 'error', text: `${show(errors.value, 'ratio')} of requests fail` });
  }
  const slower = timesUsual(service.signals['p99']);
  if (slower !== null) found.push({ kind: 'wait', text: `p99 ${slower}× its usual` });
  const saturation = service.signals['saturation'];
  if (
    saturation?.kind === 'measured' &&
    saturation.value >= 0.9 &&
    saturation.resource !== null &&
    !saturation.resource.startsWith('node')
  ) {
    found.push({ kind: 'wait', text: `${saturation.resource} at its limit` });
  }
  return found;
}

/** How many times its own median over the span a p99 now is; null where that says nothing. */
function timesUsual(p99: Signal | undefined): string | null {
  if (p99?.kind !== 'measured' || p99.value < slowSeconds) return null;
  const past = p99.spark.filter((value): value is number => value !== null).sort((a, b) => a - b);
  const usual = past[past.length >> 1];
  if (past.length < shortestHistory || usual === undefined || usual <= 0) return null;
  const times = p99.value / usual;
  if (times < timesItsUsual) return null;
  return times >= 9.95 ? String(Math.round(times)) : times.toFixed(1);
}
