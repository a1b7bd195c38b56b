package io.throughline.rules.slo;

/**
 * One objective of an SLO.
 *
 * @param file where it stands
 * @param name the SLO's, with the objective's number where there are several
 * @param service whose it is; the pane's page of that name shows it
 * @param target the share of good events that is wanted, above 0 and below 1
 * @param windowMs over which the target is to hold
 * @param threshold the limit of a latency objective, in the histogram's unit; NaN where good events are counted
 * @param bad rate of bad events, with {@value #WINDOW} where the range stands
 * @param total rate of all events, likewise
 */
public record Slo(String file, int line, String name, String displayName, String service,
    String description, double target, long windowMs, double threshold, String bad,
    String total) {

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
}
