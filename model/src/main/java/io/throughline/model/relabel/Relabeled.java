package io.throughline.model.relabel;

import io.throughline.model.Labels;

/** What rules made of a label set. */
public sealed interface Relabeled {

  /** The labels as they are now; the very set that came where nothing has changed. */
  record Kept(Labels labels) implements Relabeled {}

  /** @param rule the place of the rule that dropped the set, from 0 */
  record Dropped(int rule) implements Relabeled {}
}
