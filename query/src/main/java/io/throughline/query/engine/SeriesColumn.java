package io.throughline.query.engine;

import io.throughline.model.Labels;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * One series over all steps of a query. At a step there is a float, a histogram or nothing.
 *
 * <p>Nothing is the bit pattern {@value #ABSENT_BITS} in {@code values}: a quiet NaN with a payload that neither Go, Java
 * nor a processor makes, so a NaN that was measured is a value. Arithmetic on it must be preceded by a look at {@link
 * #present(double)}.
 *
 * <p>Owned by whoever holds it; a sink that keeps one says so.
 */
final class SeriesColumn {

  static final long ABSENT_BITS = 0x7ff8_5eed_ab5e_0001L;
  static final double ABSENT = Double.longBitsToDouble(ABSENT_BITS);

  private Labels labels = Labels.EMPTY;
  /** What was taken away and is still in {@code labels}, or null. */
  private @Nullable NameRule dropped;
  private @Nullable Labels visible;
  final double[] values;
  @Nullable
  FloatHistogram @Nullable [] histograms;

  SeriesColumn(int steps) {
    values = new double[steps];
    Arrays.fill(values, ABSENT);
  }

  static boolean present(double value) {
    return Double.doubleToRawLongBits(value) != ABSENT_BITS;
  }

  void clear() {
    Arrays.fill(values, ABSENT);
    histograms = null;
  }

  int steps() {
    return values.length;
  }

  void setLabels(Labels to) {
    labels = to;
    dropped = null;
    visible = to;
  }

  /** Other labels for the same series: a name that is to go at the end still is. */
  void changeLabels(Labels to) {
    var before = dropped;
    setLabels(to);
    dropped = before != null && before.late() ? before : null;
  }

  /** Takes another column's labels over, and with them whether its name is to go. */
  void setLabelsOf(SeriesColumn other) {
    labels = other.labels;
    dropped = other.dropped;
    visible = other.visible;
  }

  /** Takes the name away, at once or at the end; nothing is copied before someone asks for the labels. */
  void dropName(NameRule rule) {
    if (dropped == null) {
      dropped = rule;
      if (!rule.late()) {
        visible = null;
      }
    }
  }

  /** Whether the name is there and will go at the end of the query. */
  boolean nameGoesLate() {
    return dropped != null && dropped.late();
  }

  /** Takes away what was to go at the end. */
  void finishName() {
    var rule = dropped;
    if (rule != null && rule.late()) {
      setLabels(rule.without(labels));
    }
  }

  /** The labels as the next operator sees them. */
  Labels labels() {
    var known = visible;
    if (known == null) {
      known = dropped == null ? labels : dropped.without(labels);
      visible = known;
    }
    return known;
  }

  /** A label's value as the next operator sees it, or "". */
  String label(String name) {
    var rule = dropped;
    return rule != null && !rule.late() && rule.goes(name) ? "" : labels.getOrEmpty(name);
  }

  boolean hasFloat(int step) {
    return present(values[step]);
  }

  @Nullable
  FloatHistogram histogram(int step) {
    return histograms == null ? null : histograms[step];
  }

  boolean has(int step) {
    return hasFloat(step) || histogram(step) != null;
  }

  void setHistogram(int step, FloatHistogram histogram) {
    var column = histograms;
    if (column == null) {
      column = new @Nullable FloatHistogram[values.length];
      histograms = column;
    }
    column[step] = histogram;
    values[step] = ABSENT;
  }

  void remove(int step) {
    values[step] = ABSENT;
    if (histograms != null) {
      histograms[step] = null;
    }
  }

  boolean isEmpty() {
    for (int k = 0; k < values.length; k++) {
      if (has(k)) {
        return false;
      }
    }
    return true;
  }

  SeriesColumn copy() {
    var copy = new SeriesColumn(values.length);
    System.arraycopy(values, 0, copy.values, 0, values.length);
    copy.histograms = histograms == null ? null : histograms.clone();
    copy.setLabelsOf(this);
    return copy;
  }

  long bytes() {
    return 64 + 8L * values.length + (histograms == null ? 0 : 256L * values.length);
  }
}
