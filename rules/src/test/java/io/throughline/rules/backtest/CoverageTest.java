package io.throughline.rules.backtest;

import static org.assertj.core.api.Assertions.assertThat;

import io.throughline.model.Labels;
import io.throughline.model.Matcher;
import io.throughline.store.SampleBuffer;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class CoverageTest {

  private static final int END = 1000;

  private final Coverage coverage = new Coverage(END * 60_000L);

  private static List<Matcher> named(String name) {
    return List.of(Matcher.equal("job", "a"), Matcher.equal("__name__", name));
  }

  /** A series with a sample at the beginning of each minute. */
  private static Stretch series(int... minutes) {
    var samples = new SampleBuffer();
    for (int minute : minutes) {
      samples.add(minute * 60_000L, 0, 1);
    }
    return new Stretch(Labels.of("job", "a"), 0, samples);
  }

  private static int[] minutes(int from, int to) {
    return IntStream.range(from, to).toArray();
  }

  private static Coverage.Hole hole(int from, int to) {
    return new Coverage.Hole(from * 60_000L, to * 60_000L);
  }

  private static Report report(Set<String> recorded, Map<String, Set<List<Matcher>>> asked) {
    return new Report(0, 0, 0, List.of(), List.of(), List.of(), List.of(), 0, 0, List.of(),
        recorded, Set.of(named("none")), asked);
  }

  @Test
  void ofTheSourcesOfAnObjectiveThoseThatNeverWereAreMissingOnlyWhereAllAre() {
    for (var source : List.of("old", "other", "none", "nor")) {
      coverage.note(named(source), 990 * 60_000L, List.of());
    }
    coverage.note(named("new"), 990 * 60_000L, List.of(series(minutes(995, 1001))));

    var missing = coverage.missing(
        report(Set.of(), Map.of("slo:a", Set.of(named("old"), named("new"), named("other")),
            "slo:b", Set.of(named("none"), named("nor")))));

    // A rule asks for one of them too.
    assertThat(missing).containsExactly(new Coverage.Missing("slo:b", List.of(hole(990, 1000)), 1),
        new Coverage.Missing("none{job=\"a\"}", List.of(hole(990, 1000)), 1),
        new Coverage.Missing("new{job=\"a\"}", List.of(hole(990, 995)), 0.5));
  }

  @Test
  void whereNoSeriesOfASelectorHasASampleForFiveMinutesThereIsAHole() {
    coverage.note(named("up"), 900 * 60_000L,
        List.of(series(minutes(910, 930)), series(minutes(925, 950))));
    // Four minutes without are none: the lookback sees over them.
    coverage.note(named("up"), 950 * 60_000L,
        List.of(series(minutes(954, 970)), series(minutes(975, 1001))));

    assertThat(coverage.missing(report(Set.of(), Map.of()))).containsExactly(
        new Coverage.Missing("up{job=\"a\"}", List.of(hole(900, 910), hole(970, 975)), 15 / 100.0));
  }

  @Test
  void ofASelectorThatNeverHadASampleEverythingIsMissing() {
    coverage.note(named("gone"), 990 * 60_000L, List.of());
    coverage.note(named("job:gone:rate"), 990 * 60_000L, List.of());

    var missing = coverage.missing(report(Set.of("job:gone:rate"), Map.of()));

    assertThat(missing)
        .containsExactly(new Coverage.Missing("gone{job=\"a\"}", List.of(hole(990, 1000)), 1));
    assertThat(missing.getFirst().everything()).isTrue();
  }

  @Test
  void whatWasAskedForLaterMayBeEarlier() {
    coverage.note(named("up"), 990 * 60_000L, List.of(series(minutes(990, 1001))));
    coverage.note(named("up"), 900 * 60_000L, List.of(series(minutes(950, 1001))));

    assertThat(coverage.missing(report(Set.of(), Map.of())))
        .containsExactly(new Coverage.Missing("up{job=\"a\"}", List.of(hole(900, 950)), 0.5));
  }

  @Test
  void whatIsStoredThroughoutIsNotMissing() {
    coverage.note(named("up"), 900 * 60_000L, List.of(series(minutes(900, 1001))));

    assertThat(coverage.missing(report(Set.of(), Map.of()))).isEmpty();
  }
}
