/** Which of the two themes is drawn: the URL's, else what this browser last chose, else the system's. */
import { route } from './route.svelte';
import type { Theme } from './url';

const key = 'throughline.theme';
const systemDark = matchMedia('(prefers-color-scheme: dark)');

function stored(): Theme {
  try {
    const value = localStorage.getItem(key);
    return value === 'dark' || value === 'light' ? value : 'system';
  } catch {
    // Storage is closed to this page: the system's wish is followed.
    return 'system';
  }
}

class ThemeState {
  private chosen: Theme = $state(stored());
  private system: 'dark' | 'light' = $state(systemDark.matches ? 'dark' : 'light');

  readonly drawn: 'dark' | 'light' = $derived.by(() => {
    const wish = route.state.theme !== 'system' ? route.state.theme : this.chosen;
    return wish === 'system' ? this.system : wish;
  });

  constructor() {
    systemDark.addEventListener('change', () => {
      this.system = systemDark.matches ? 'dark' : 'light';
    });
  }

  toggle(): void {
    const next = this.drawn === 'dark' ? 'light' : 'dark';
    this.chosen = next === this.system ? 'system' : next;
    try {
      if (this.chosen === 'system') localStorage.removeItem(key);
      else localStorage.setItem(key, this.chosen);
    } catch {
      // Not remembered; the URL still holds it.
    }
    route.patch({ theme: next === this.system ? 'system' : next }, 'replace');
  }
}

export const theme = new ThemeState();
