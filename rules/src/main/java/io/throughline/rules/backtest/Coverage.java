package io.throughline.rules.backtest;

import io.throughline.model.Matcher;
import io.throughline.query.promql.Matchers;
import io.throughline.query.promql.Printer;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * In which minutes selectors had samples, of those in which they were asked for: where there are none a rule could not
 * have fired, whatever happened. Not thread-safe.
 */
public final class Coverage {

  private static final long MINUTE_MS = 60_000;

  /** So many minutes without a sample are a hole: PromQL's lookback sees over fewer. */
  private static final int LEAST_HOLE = 5;

  private final long toMs;
  private final Map<List<Matcher>, Asked> selectors = new LinkedHashMap<>();

  /** Minutes are counted back from the end of the test, for earlier ones may still come; each holds its beginning. */
  private static final class Asked {
    private final BitSet minutes = new BitSet();
    private long fromMs = Long.MAX_VALUE;
  }

  /** From when, included, to when no sample was stored; whole minutes. */
  public record Hole(long fromMs, long toMs) {}

  /**
   * What was missing of a selector, or of all that an objective asks for.
   *
   * @param what the selector, or the objective's group
   * @param holes ascending
   * @param ratio how much of the time that was asked for they are
   */
  public record Missing(String what, List<Hole> holes, double ratio) {

    /** Whether nothing was stored at all. */
    public boolean everything() {
      return ratio == 1;
    }
  }

  /** @param toMs the end of the test */
  Coverage(long toMs) {
    this.toMs = toMs;
  }

  /** Notes what is stored of a selector from a time on, to the end of the test or earlier. */
  void note(List<Matcher> matchers, long fromMs, List<Stretch> series) {
    var asked = selectors.computeIfAbsent(matchers, _ -> new Asked());
    asked.fromMs = Math.min(asked.fromMs, fromMs);
    for (var one : series) {
      for (int i = 0; i < one.samples().size(); i++) {
        long backMs = toMs - one.samples().times()[i];
        if (backMs >= 0) {
          asked.minutes.set(Math.max(0, (int) Math.ceilDiv(backMs, MINUTE_MS) - 1));
        }
      }
    }
  }

  /**
   * What was missing of what a test has asked for, in the order it was first asked for.
   *
   * <p>An objective asks for all sources that may have its events: those that never had a sample are missing only where none
   * had, and then the objective is named instead of them.
   */
  public List<Missing> missing(Report report) {
    var without = new HashSet<List<Matcher>>();
    var all = new ArrayList<Missing>();
    report.askedByObjectives().forEach((objective, sources) -> {
      var silent = sources.stream().filter(matchers -> !hasSamples(matchers, report)).toList();
      if (silent.size() == sources.size()) {
        sources.stream()
            .map(matchers -> missing(objective, matchers))
            .flatMap(Optional::stream)
            .limit(1)
            .forEach(all::add);
      }
      without.addAll(silent);
    });
    without.removeAll(report.askedByRules());
    for (var matchers : selectors.keySet()) {
      if (!without.contains(matchers) && !isRecorded(matchers, report)) {
        missing(Printer.selector(matchers), matchers).ifPresent(all::add);
      }
    }
    return all;
  }

  private static boolean isRecorded(List<Matcher> matchers, Report report) {
    var name = Matchers.name(matchers);
    return name != null && report.recorded().contains(name);
  }

  private boolean hasSamples(List<Matcher> matchers, Report report) {
    var asked = selectors.get(matchers);
    return asked != null && !asked.minutes.isEmpty() && !isRecorded(matchers, report);
  }

  private Optional<Missing> missing(String what, List<Matcher> matchers) {
    var asked = selectors.get(matchers);
    if (asked == null) {
      return Optional.empty();
    }
    int minutes = (int) Math.ceilDiv(toMs - asked.fromMs, MINUTE_MS);
    var holes = new ArrayList<Hole>();
    long missing = 0;
    for (int from = asked.minutes.nextClearBit(0); from < minutes;) {
      int next = asked.minutes.nextSetBit(from);
      int to = next < 0 || next > minutes ? minutes : next;
      if (to - from >= LEAST_HOLE) {
        holes.addFirst(new Hole(toMs - to * MINUTE_MS, toMs - from * MINUTE_MS));
        missing += to - from;
      }
      from = asked.minutes.nextClearBit(to);
    }
    return holes.isEmpty()
        ? Optional.empty()
        : Optional.of(new Missing(what, holes, missing / (double) minutes));
  }
}
