package io.throughline.rules.group;

import io.throughline.model.Labels;
import io.throughline.model.NativeHistogram;
import io.throughline.model.SampleValues;
import org.jspecify.annotations.Nullable;

/**
 * A sample that a rule made.
 *
 * @param value of a float sample, or the stale NaN
 */
public record RuleSample(Labels labels, long timeMs, double value,
    @Nullable NativeHistogram histogram) {

  static RuleSample stale(Labels labels, long timeMs) {
    return new RuleSample(labels, timeMs, SampleValues.STALE_NAN, null);
  }
}
