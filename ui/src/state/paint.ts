/**
 * Marks the moment a page's data was first on the screen, as `painted overview` in the browser's
 * performance timeline: the figure the budgets are held to. Twice a frame: the first has only asked to paint.
 */
const marked = new Set<string>();

export function markPainted(page: string): void {
  if (marked.has(page)) return;
  marked.add(page);
  requestAnimationFrame(() => requestAnimationFrame(() => performance.mark(`painted ${page}`)));
}
