package io.throughline.model;

/**
 * One measured value behind a series, with what leads to more of it, mostly the id of a trace.
 *
 * @param series it belongs to
 * @param labels of its own, as {@code trace_id}
 * @param timeMs when it was measured, in epoch milliseconds
 */
public record Exemplar(Labels series, Labels labels, long timeMs, double value) {

  /** OpenMetrics allows labels of so many characters, names and values together. */
  public static final int MOST_LABEL_CHARS = 128;

  /** Whether the labels are as short as OpenMetrics wants them. */
  public boolean isShort() {
    int chars = 0;
    for (int i = 0; i < labels.size(); i++) {
      chars += labels.name(i).length() + labels.value(i).length();
    }
    return chars <= MOST_LABEL_CHARS;
  }
}
