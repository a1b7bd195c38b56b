/** The names the overview last showed, so that the palette need not ask for them again. */
import type { Overview } from '../api/model';

class Known {
  overview: Overview | null = $state.raw(null);
}

export const known = new Known();
