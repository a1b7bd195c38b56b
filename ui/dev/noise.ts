/** Seeded noise as pure functions of (seed, time): the same question always has the same answer. */

export function hash(seed: number, index: number): number {
  let h = Math.imul(seed ^ 0x9e3779b9, 0x85ebca6b) ^ Math.imul(index | 0, 0xc2b2ae35);
  h = Math.imul(h ^ (h >>> 15), 0x2c1b3c6d);
  h = Math.imul(h ^ (h >>> 12), 0x297a2d39);
  return ((h ^ (h >>> 15)) >>> 0) / 4_294_967_296;
}

export function hashText(text: string): number {
  let h = 2_166_136_261;
  for (let i = 0; i < text.length; i++) h = Math.imul(h ^ text.charCodeAt(i), 16_777_619);
  return h >>> 0;
}

/** Smooth noise in [-1, 1] that changes over about `periodMs`. */
export function wander(seed: number, atMs: number, periodMs: number): number {
  const at = atMs / periodMs;
  const index = Math.floor(at);
  const t = at - index;
  const ease = t * t * (3 - 2 * t);
  const a = hash(seed, index);
  return (a + (hash(seed, index + 1) - a) * ease) * 2 - 1;
}

/** Independent noise in [-1, 1] for each second. */
export function jitter(seed: number, atMs: number): number {
  return hash(seed, Math.floor(atMs / 1000)) * 2 - 1;
}

/** The upper tail of the standard normal distribution (Abramowitz & Stegun 26.2.17). */
export function normalCdf(x: number): number {
  const t = 1 / (1 + 0.2316419 * Math.abs(x));
  const poly =
    t *
    (0.31938153 + t * (-0.356563782 + t * (1.781477937 + t * (-1.821255978 + t * 1.330274429))));
  const tail = (Math.exp(-x * x * 0.5) / Math.sqrt(2 * Math.PI)) * poly;
  return x >= 0 ? 1 - tail : tail;
}
