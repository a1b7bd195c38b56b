package io.throughline.rules.slo;

import org.jspecify.annotations.Nullable;

/**
 * One objective of an SLO.
 *
 * @param file where it stands
 * @param name the SLO's, with the objective's number where there are several
 * @param service whose it is; the pane's page of that name shows it
 * @param target the share of good events that is wanted, above 0 and below 1
 * @param windowMs over which the target is to hold; of a calendar's windows the longest
 * @param threshold the limit of a latency objective, in the histogram's unit; NaN where good events are counted
 * @param bad rate of bad events, with {@value #WINDOW} where the range stands
 * @param total rate of all events, likewise
 * @param method what counts against the budget
 * @param sliceMs how long a time slice is, 0 where events count
 * @param sliceBudget the share of a slice's events that may be bad before it is bad as a whole
 * @param calendar null where the window rolls
 * @param longWay whether its expressions are long, so that longer ranges are added up from what was recorded
 */
public record Slo(String file, int line, String name, String displayName, String service,
    String description, double target, long windowMs, double threshold, String bad, String total,
    Method method, long sliceMs, double sliceBudget, @Nullable Calendar calendar, boolean longWay) {

  /** OpenSLO's budgeting methods. */
  public enum Method {
    /** Each bad event counts. */
    OCCURRENCES("Occurrences"),
    /** Each slice of time with too many bad events counts, as a whole. */
    TIMESLICES("Timeslices"),
    /** Each slice counts by its share of bad events, however many it had. */
    RATIO_TIMESLICES("RatioTimeslices");

    private final String word;

    Method(String word) {
      this.word = word;
    }

    /** As OpenSLO writes it. */
    public String word() {
      return word;
    }
  }

  static final String WINDOW = "{{.window}}";

  /** The share of events that may be bad; rounded, for 1 - 0.99 in binary is a little more than 0.01. */
  double budget() {
    return Math.round((1 - target) * 1e12) / 1e12;
  }

  String bad(String range) {
    return bad.replace(WINDOW, range);
  }

  String total(String range) {
    return total.replace(WINDOW, range);
  }

  /** When the window began that a moment is in; 0 where it rolls. */
  public long windowStartMs(long nowMs) {
    return calendar == null ? 0 : calendar.startMs(nowMs);
  }

  /** When the next window begins; never where it rolls. */
  public long nextWindowMs(long nowMs) {
    return calendar == null ? Long.MAX_VALUE : calendar.nextMs(nowMs);
  }
}
