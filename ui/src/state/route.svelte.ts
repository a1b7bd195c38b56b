/** The current URL as reactive state, and the one way to change it. */
import { formatUrl, type Page, parseUrl, type UrlState } from './url';

class Route {
  state: UrlState = $state.raw(parseUrl(location.pathname, location.search));

  constructor() {
    addEventListener('popstate', () => {
      this.state = parseUrl(location.pathname, location.search);
    });
    // Links within the pane change the state without a page load; all others stay links.
    document.addEventListener('click', (event) => {
      if (event.defaultPrevented || event.button !== 0) return;
      if (event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
      const link = event.target instanceof Element ? event.target.closest('a') : null;
      if (link === null || link.origin !== location.origin || link.target !== '') return;
      if (link.hasAttribute('download') || link.pathname.startsWith('/api/')) return;
      if (link.hash !== '') return;
      event.preventDefault();
      const next = parseUrl(link.pathname, link.search);
      const sameScroll = next.page.kind === this.state.page.kind && hasSameId(next, this.state);
      this.set(next);
      if (!sameScroll) scrollTo(0, 0);
    });
  }

  /** `replace` for what a reader would not want to step back through, such as each typed letter. */
  set(next: UrlState, how: 'push' | 'replace' = 'push'): void {
    const url = formatUrl(next);
    if (url !== location.pathname + location.search) {
      if (how === 'push') history.pushState(null, '', url);
      else history.replaceState(null, '', url);
    }
    this.state = next;
  }

  patch(change: Partial<UrlState>, how: 'push' | 'replace' = 'push'): void {
    this.set({ ...this.state, ...change }, how);
  }

  /** Opens another page as its link would. */
  go(page: Page): void {
    const url = new URL(this.href({ page }), location.origin);
    this.set(parseUrl(url.pathname, url.search));
    scrollTo(0, 0);
  }

  /** Where a link that changes this much leads; what belongs to one page only is left behind. */
  href(change: Partial<UrlState>): string {
    const leaves = change.page !== undefined;
    return formatUrl({
      ...this.state,
      ...(leaves
        ? { instance: null, pinnedMs: null, filter: '', expression: '', drawn: 'graph' }
        : {}),
      ...change,
    });
  }
}

function hasSameId(a: UrlState, b: UrlState): boolean {
  return 'id' in a.page && 'id' in b.page ? a.page.id === b.page.id : a.page.kind === b.page.kind;
}

export const route = new Route();
