package io.throughline.rules.backtest;

import io.throughline.query.promql.Durations;
import java.io.PrintWriter;
import java.time.Instant;
import java.util.Locale;

/** A back-test's report as lines for people: each firing, each rule, then how well they fit the burns. */
public final class ReportText {

  private ReportText() {}

  public static void print(Backtest.Report report, PrintWriter out) {
    report.episodes().forEach(episode -> out.println(said(episode)));
    if (!report.episodes().isEmpty()) {
      out.println();
    }
    boolean objectives = !report.burns().isEmpty() || !Double.isNaN(report.precision());
    for (var one : report.summaries()) {
      out.println(one.rule() + ": fired " + times(one.firings()) + ", flapped " + times(one.flaps())
          + ", fired for " + length(one.firingMs()) + (objectives
              ? ", fell into a burn " + times(one.matched())
              : ""));
    }
    report.errors().forEach((rule, error) -> out.println(rule + " failed: " + error));
    if (!report.burns().isEmpty()) {
      out.println();
      out.println("budgets burned too fast " + times(report.burns().size()) + ":");
      report.burns()
          .forEach(burn -> out.println("  " + said(burn) + (report.missed().contains(burn)
              ? ", no rule fired"
              : "")));
    }
    if (!Double.isNaN(report.precision())) {
      out.println("precision " + percent(report.precision()) + ": of " + report.episodes().size()
          + " firings " + Math.round(report.precision() * report.episodes().size())
          + " fell into a burn");
    }
    if (!Double.isNaN(report.recall())) {
      out.println("recall " + percent(report.recall()) + ": of " + report.burns().size()
          + " burns a rule fired in " + (report.burns().size() - report.missed().size()));
    }
  }

  private static String said(Episode episode) {
    return Instant.ofEpochMilli(episode.fromMs()) + " to " + (episode.open()
        ? "now"
        : Instant.ofEpochMilli(episode.toMs()).toString()) + " (" + length(episode.toMs() - episode
            .fromMs()) + ") " + episode.rule() + " " + episode.labels();
  }

  private static String length(long millis) {
    return millis == 0 ? "0s" : Durations.format(millis);
  }

  private static String times(int count) {
    return count == 1 ? "once" : count + " times";
  }

  private static String percent(double ratio) {
    return String.format(Locale.ROOT, "%.1f", ratio * 100) + " %";
  }
}
