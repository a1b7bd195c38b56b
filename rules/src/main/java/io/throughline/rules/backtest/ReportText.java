package io.throughline.rules.backtest;

import io.throughline.model.Counted;
import io.throughline.query.promql.Durations;
import java.io.PrintWriter;
import java.time.Instant;
import java.util.List;
import java.util.Locale;

/**
 * A back-test's report as lines for people: each firing, each rule, how well they fit the burns, and what nobody could
 * know because it was not stored.
 */
public final class ReportText {

  private static final int MOST_HOLES = 3;

  private ReportText() {}

  public static void print(Report report, List<Coverage.Missing> missing, PrintWriter out) {
    out.println("tested " + Counted.of(report.summaries().size(), "alert") + " from "
        + time(report.fromMs()) + " to " + time(report.toMs()) + " ("
        + length(report.toMs() - report.fromMs()) + ")"
        + (report.objectives() == 0
            ? ""
            : ", " + Counted.of(report.objectives(), "objective") + " from "
                + time(report.fromMs() - Backtest.RUN_UP_MS) + " on"));
    out.println();
    report.episodes().forEach(episode -> out.println(said(episode)));
    if (!report.episodes().isEmpty()) {
      out.println();
    }
    report.summaries().forEach(one -> out.println(summary(one, report.objectives() > 0)));
    report.failures()
        .forEach(failed -> out
            .println(failed.rule() + " could not be evaluated " + Counted.times(failed.moments())
                + ", first at " + time(failed.firstMs()) + ": " + failed.reason()));
    if (report.objectives() > 0) {
      out.println();
      burns(report, out);
    }
    if (!missing.isEmpty()) {
      out.println();
      out.println("not covered, for no samples were stored:");
      missing.forEach(one -> out.println("  " + said(one)));
    }
  }

  private static String summary(Report.Summary one, boolean objectives) {
    if (one.firings() == 0) {
      return one.rule() + ": never fired";
    }
    return one.rule() + ": fired " + Counted.times(one.firings()) + ", flapped "
        + Counted.times(one.flaps()) + ", fired for " + length(one.firingMs())
        + (objectives ? ", fell into a burn " + Counted.times(one.matched()) : "")
        + (one.elsewhere() > 0
            ? ", beside a burn of another service " + Counted.times(one.elsewhere())
            : "")
        + (objectives && one.nameless() > 0
            ? "; "
                + (one.nameless() == one.firings()
                    ? "it names"
                    : Counted.times(one.nameless()) + " it named")
                + " no service, which burns are met by time alone"
            : "");
  }

  private static void burns(Report report, PrintWriter out) {
    if (report.burns().isEmpty()) {
      out.println("no budget burned too fast");
    } else {
      out.println("budgets burned too fast " + Counted.times(report.burns().size()) + ":");
      report.burns()
          .forEach(burn -> out.println(
              "  " + said(burn) + (report.missed().contains(burn) ? ", no rule fired" : "")));
    }
    int matched = report.summaries().stream().mapToInt(Report.Summary::matched).sum();
    out.println(report.episodes().isEmpty()
        ? "precision unknown: no rule fired"
        : "precision " + percent(report.precision()) + ": of "
            + Counted.of(report.episodes().size(), "firing") + " " + matched + " fell into a burn");
    out.println(report.burns().isEmpty()
        ? "recall unknown: no budget burned too fast"
        : "recall " + percent(report.recall()) + ": of " + Counted.of(report.burns().size(), "burn")
            + " a rule fired in " + (report.burns().size() - report.missed().size()));
  }

  private static String said(Episode episode) {
    return time(episode.fromMs()) + " to " + (episode.open() ? "the end" : time(episode.toMs()))
        + " (" + length(episode.toMs() - episode.fromMs()) + ") " + episode.rule() + " "
        + episode.labels();
  }

  private static String said(Coverage.Missing missing) {
    if (missing.everything()) {
      return missing.what() + ": at no time";
    }
    var text = new StringBuilder(missing.what()).append(": ");
    var holes = missing.holes();
    for (int i = 0; i < Math.min(MOST_HOLES, holes.size()); i++) {
      var hole = holes.get(i);
      text.append(i == 0 ? "" : ", ")
          .append(time(hole.fromMs()))
          .append(" to ")
          .append(time(hole.toMs()))
          .append(" (")
          .append(length(hole.toMs() - hole.fromMs()))
          .append(')');
    }
    if (holes.size() > MOST_HOLES) {
      text.append(" and ").append(Counted.times(holes.size() - MOST_HOLES)).append(" more");
    }
    return text + ", " + percent(missing.ratio()) + " of the time it was asked for";
  }

  private static String time(long timeMs) {
    return Instant.ofEpochMilli(timeMs).toString();
  }

  private static String length(long millis) {
    return millis == 0 ? "0s" : Durations.format(millis);
  }

  private static String percent(double ratio) {
    return String.format(Locale.ROOT, "%.1f", ratio * 100) + " %";
  }
}
