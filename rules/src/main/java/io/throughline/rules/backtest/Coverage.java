package io.throughline.rules.backtest;

import io.throughline.model.Matcher;
import io.throughline.query.promql.Matchers;
import io.throughline.query.promql.Printer;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

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
   * What was missing of a selector.
   *
   * @param holes ascending
   * @param ratio how much of the time that was asked for they are
   */
  public record Missing(String selector, List<Hole> holes, double ratio) {

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
   * The selectors of which something was missing, in the order they were first asked for.
   *
   * @param left names of metrics that are not looked at
   */
  public List<Missing> missing(Set<String> left) {
    var all = new ArrayList<Missing>();
    selectors.forEach((matchers, asked) -> {
      var name = Matchers.name(matchers);
      if (name != null && left.contains(name)) {
        return;
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
      if (!holes.isEmpty()) {
        all.add(new Missing(Printer.selector(matchers), holes, missing / (double) minutes));
      }
    });
    return all;
  }
}
