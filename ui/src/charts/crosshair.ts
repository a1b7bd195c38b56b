/**
 * The line through all strips. It lives outside the framework: a move tells each strip once per frame, and
 * a strip changes only texts and transforms.
 */
export type CrosshairListener = (atMs: number | null) => void;

export class Crosshair {
  private listeners = new Set<CrosshairListener>();
  private current: number | null = null;
  private home: number | null = null;

  get atMs(): number | null {
    return this.current;
  }

  moveTo(atMs: number | null): void {
    if (atMs === this.current) return;
    this.current = atMs;
    for (const listener of this.listeners) listener(atMs);
  }

  /** Where it stands while nobody moves it: the pinned moment, or nowhere. */
  restAt(atMs: number | null): void {
    this.home = atMs;
    this.moveTo(atMs);
  }

  /** The pointer has left. */
  rest(): void {
    this.moveTo(this.home);
  }

  /** Tells everybody again, after new data. */
  repaint(): void {
    for (const listener of this.listeners) listener(this.current);
  }

  listen(listener: CrosshairListener): () => void {
    this.listeners.add(listener);
    listener(this.current);
    return () => void this.listeners.delete(listener);
  }
}
