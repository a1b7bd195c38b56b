package io.throughline.rules.history;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.throughline.model.Failure;
import io.throughline.query.promql.Parser;
import io.throughline.rules.group.AlertChange;
import io.throughline.testkit.SettableClock;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class AlertHistoryTest {

  private static final Duration WEEK = Duration.ofDays(7);
  private static final long NOW_MS = 1_700_000_000_000L;

  @TempDir
  private Path folder = Path.of("");

  private final SettableClock clock = new SettableClock(Instant.ofEpochMilli(NOW_MS));

  private static AlertChange change(long atMs, String rule, String to, Map<String, String> labels,
      String summary) {
    return new AlertChange(atMs, "pending", to, rule + labels.hashCode(), rule, "g", "a.yml",
        labels, Map.of("summary", summary), 1.5, atMs, 0, "");
  }

  private static List<String> rules(AlertHistory history, HistoryQuery wanted) {
    return history.find(wanted).changes().stream().map(AlertChange::rule).toList();
  }

  private AlertHistory three(AlertHistory history) {
    history.add(0, 0, change(NOW_MS - 3000, "Slow", "firing",
        Map.of("job", "shop/checkout", "code", "500"), "p99 is İyi, 3 s").bytes());
    history.add(0, 1,
        change(NOW_MS - 2000, "Down", "firing", Map.of("job", "shop/cart"), "instance is gone")
            .bytes());
    history.add(0, 2,
        change(NOW_MS - 1000, "Slow", "inactive", Map.of("job", "shop/checkout"), "").bytes());
    history.caughtUp(0);
    return history;
  }

  @ParameterizedTest
  @CsvSource(delimiter = '|', nullValues = "-", textBlock = """
      q         | checkout              | Slow Slow
      q         | CHECKOUT 500          | Slow
      q         | shop/cart             | Down
      q         | inst*                 | Down
      q         | iyi                   | Slow
      q         | nothing               | -
      match     | {job="shop/cart"}     | Down
      match     | {job=~"shop/ch.*"}    | Slow Slow
      match     | {job=~".+",job!="shop/cart"} | Slow Slow
      match     | {job=~".+",code=""}   | Slow Down
      match     | {job=~".+",code!~"4.."} | Slow Down Slow
      match     | {job="shop/cart",code="500"} | -
      rule      | Down                  | Down
      to        | inactive              | Slow
      """)
  void changesAreFoundByWordsLabelsAndFields(String field, String value, String expected)
      throws Exception {
    try (var history = three(new AlertHistory(null, WEEK, clock))) {
      var wanted = new HistoryQuery(0, Long.MAX_VALUE, field.equals("q") ? value : "",
          field.equals("match") ? Parser.parseSelector(value) : List.of(),
          field.equals("rule") ? value : "", "", field.equals("to") ? value : "", 10, "");

      assertThat(String.join(" ", rules(history, wanted)))
          .isEqualTo(expected == null ? "" : expected);
    }
  }

  @Test
  void changesComeNewestFirstInPagesWithTheirNumberAndTime() {
    try (var history = three(new AlertHistory(null, WEEK, clock))) {
      var times = new ArrayList<Long>();
      var before = "";
      do {
        var page = history
            .find(new HistoryQuery(0, Long.MAX_VALUE, "", List.of(), "", "", "", 2, before));
        page.changes().forEach(change -> times.add(change.atMs()));
        assertThat(page.count()).isEqualTo(3);
        assertThat(page.oldestMs()).isEqualTo(NOW_MS - 3000);
        before = page.next();
      } while (!before.isEmpty());

      assertThat(times).containsExactly(NOW_MS - 1000, NOW_MS - 2000, NOW_MS - 3000);
      assertThat(rules(history,
          new HistoryQuery(NOW_MS - 2000, NOW_MS - 2000, "", List.of(), "", "", "", 10, "")))
          .containsExactly("Down");
      assertThatThrownBy(
          () -> history.find(new HistoryQuery(0, 1, "", List.of(), "", "", "", 1, "x")))
          .isInstanceOf(Failure.class)
          .hasMessageContaining("before is 'x'");
    }
  }

  @Test
  void anIndexThatWasClosedGoesOnWhereItStoodAndOneThatWasLostIsMadeAnew() {
    try (var history = three(new AlertHistory(folder, WEEK, clock))) {
      assertThat(history.nextOffset(0)).isEqualTo(3);
    }
    // Killed before a commit: neither the documents nor the offset are there, so they are read again.
    var killed = new AlertHistory(folder, WEEK, clock);
    killed.caughtUp(0);
    assertThat(killed.nextOffset(0)).isEqualTo(3);
    assertThat(rules(killed, HistoryQuery.ALL)).hasSize(3);
    killed.close();

    try (var fresh = new AlertHistory(folder.resolve("new"), WEEK, clock)) {
      assertThat(fresh.nextOffset(0)).isZero();
    }
  }

  @Test
  void oldChangesAreForgottenAndBytesThatAreNoChangeAreLeftOut() {
    try (var history = three(new AlertHistory(null, WEEK, clock))) {
      history.add(1, 7, "no JSON".getBytes(StandardCharsets.UTF_8));
      history.caughtUp(0);
      assertThat(history.nextOffset(1)).isEqualTo(8);
      assertThat(rules(history, HistoryQuery.ALL)).hasSize(3);

      clock.advance(WEEK.minusMillis(1500));
      history.add(1, 8, change(NOW_MS - 9000, "TooOld", "firing", Map.of(), "").bytes());
      history.add(1, 9, change(clock.millis(), "New", "firing", Map.of(), "").bytes());
      history.caughtUp(0);
      history.caughtUp(0);
      history.add(1, 10, change(clock.millis(), "Newer", "firing", Map.of(), "").bytes());
      history.caughtUp(0);

      assertThat(rules(history, HistoryQuery.ALL)).containsExactlyInAnyOrder("Newer", "New",
          "Slow");
    }
  }
}
