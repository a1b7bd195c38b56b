package io.throughline.query.view;

import java.util.Arrays;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What most likely makes a service worse than it was, with the numbers that speak for it: a resource that
 * rose together with latency or errors, else the change just before. Nothing where nothing got worse, and
 * nothing where nothing explains it.
 *
 * @param kind {@code resource} or {@code change}
 * @param resource as saturation names it, or ""
 * @param value the resource's share now, before likewise; NaN for a change
 * @param symptom {@code p99} or {@code errors}
 * @param symptomValue now, symptomBefore likewise: the median over the window
 */
record Suspect(String text, String kind, String resource, double value, double before,
    String symptom, double symptomValue, double symptomBefore) {
  /** Slower than this times its own past is a symptom. */
  private static final double SLOWER = 1.5;
  private static final double MORE_ERRORS = 0.01;

  /** A resource is suspected where it rose so much, or is nearly used up and rose at all. */
  private static final double RISEN = 0.2;
  private static final double NEARLY_FULL = 0.8;
  private static final double RISEN_AT_ALL = 0.05;

  private static final long RECENT_CHANGE_MS = 900_000;

  private record Symptom(String signal, double value, double before) {
    String words() {
      return signal.equals("p99")
          ? "p99 is " + ViewJson.text(value) + " s, was " + ViewJson.text(before) + " s"
          : "errors are " + percent(value) + ", were " + percent(before);
    }
  }

  static @Nullable Suspect of(Map<String, Overview.Cell> signals, Map<String, Overview.Cell> shares,
      @Nullable Change lastChange, long atMs) {
    var symptom = symptom(signals);
    if (symptom == null) {
      return null;
    }
    Suspect worst = null;
    double most = 0;
    for (var share : shares.entrySet()) {
      double now = share.getValue().value();
      double before = past(share.getValue().spark());
      double rise = now - before;
      if (!Double.isNaN(rise) && rise > most
          && (rise >= RISEN || now >= NEARLY_FULL && rise >= RISEN_AT_ALL)) {
        most = rise;
        worst = new Suspect(
            share.getKey() + " is " + percent(now) + ", was " + percent(before) + "; "
                + symptom.words(),
            "resource", share.getKey(), now, before, symptom.signal(), symptom.value(),
            symptom.before());
      }
    }
    if (worst == null && lastChange != null && atMs - lastChange.atMs() <= RECENT_CHANGE_MS) {
      worst = new Suspect(
          lastChange.text() + ", " + Reasons.age(atMs - lastChange.atMs())
              + " ago; no measured resource rose; " + symptom.words(),
          "change", "", Double.NaN, Double.NaN, symptom.signal(), symptom.value(),
          symptom.before());
    }
    return worst;
  }

  private static @Nullable Symptom symptom(Map<String, Overview.Cell> signals) {
    var p99 = signals.get("p99");
    if (p99 != null && p99.isMeasured()) {
      double before = past(p99.spark());
      if (before > 0 && p99.value() >= SLOWER * before) {
        return new Symptom("p99", p99.value(), before);
      }
    }
    var errors = signals.get("errors");
    if (errors != null && errors.isMeasured()) {
      double before = past(errors.spark());
      if (errors.value() >= MORE_ERRORS && errors.value() >= 2 * before) {
        return new Symptom("errors", errors.value(), before);
      }
    }
    return null;
  }

  /** The median of what was measured, or NaN where that is too little to tell. */
  private static double past(double[] spark) {
    var values = Arrays.stream(spark).filter(value -> !Double.isNaN(value)).sorted().toArray();
    return values.length < 4 ? Double.NaN : values[values.length / 2];
  }

  private static String percent(double ratio) {
    return ViewJson.text(Math.rint(ratio * 1000) / 10) + " %";
  }
}
