package io.throughline.rules;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.throughline.model.Failure;
import io.throughline.model.SampleValues;
import io.throughline.rules.group.RuleStatus;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RulesRoleTest {

  @TempDir
  private Path folder = Path.of("");

  private final House house = new House();

  private static List<String> alerts(RulesRole role) {
    var shown = new ArrayList<String>();
    for (var group : role.statuses()) {
      for (var rule : group.rules()) {
        rule.alerts().forEach(alert -> shown.add(rule.rule().name() + " " + alert.state().word()));
      }
    }
    return shown;
  }

  private static RuleStatus only(RulesRole role) {
    return role.statuses().getFirst().rules().getFirst();
  }

  @Test
  void aGroupIsEvaluatedOnceAtEachOfItsMoments() throws Exception {
    var file = House.file(folder, "a.yml", "- {record: b, expr: vector(1)}");
    try (var role = house.role(House.settings(file))) {
      house.minutes(role, 1, 1);
      role.runDue();
      house.clock.advance(Duration.ofSeconds(10));
      role.runDue();

      assertThat(house.written).hasSizeBetween(2, 3);
      var times = house.written.stream().map(sample -> sample.timeMs()).toList();
      assertThat(times).doesNotHaveDuplicates();
      assertThat(times.get(1) - times.get(0)).isEqualTo(60_000);
    }
  }

  @Test
  void firingStateSurvivesAKill() throws Exception {
    var file = House.file(folder, "a.yml", "- {alert: High, expr: load > 1, for: 3m}");
    // Not closed: a killed process closes nothing.
    var before = house.role(House.settings(file));
    house.minutes(before, 2, 2);
    assertThat(alerts(before)).containsExactly("High pending");
    long activeAtMs = only(before).alerts().getFirst().activeAtMs();

    try (var after = house.role(House.settings(file))) {
      assertThat(alerts(after)).containsExactly("High pending");
      assertThat(only(after).unknownSinceMs()).isNotZero();
      house.minutes(after, 2, 2);

      assertThat(alerts(after)).containsExactly("High firing");
      assertThat(only(after).alerts().getFirst().activeAtMs()).isEqualTo(activeAtMs);
      assertThat(only(after).alerts().getFirst().firedAtMs()).isEqualTo(activeAtMs + 180_000);
      assertThat(only(after).unknownSinceMs()).isZero();
    }
  }

  @Test
  void whileTheStoreIsAwayAFiringAlertIsUnknownAndNotResolved() throws Exception {
    var file = House.file(folder, "a.yml", "- {alert: High, expr: load > 1}");
    try (var role = house.role(House.settings(file))) {
      house.minutes(role, 2);
      house.refuseReads = House.away();
      house.minutes(role, Double.NaN, Double.NaN);

      assertThat(alerts(role)).containsExactly("High firing");
      assertThat(only(role).unknownSinceMs()).isNotZero();
      assertThat(only(role).lastError()).isEqualTo("the store is away");
      assertThat(house.written.stream().filter(s -> SampleValues.isStale(s.value()))).isEmpty();

      house.refuseReads = null;
      house.minutes(role, 0);
      assertThat(alerts(role)).isEmpty();
      assertThat(only(role).unknownSinceMs()).isZero();
    }
  }

  @Test
  void whileTheStoreLagsNothingIsResolved() throws Exception {
    var file = House.file(folder, "a.yml", "- {alert: High, expr: load > 1}");
    try (var role = house.role(House.settings(file))) {
      house.minutes(role, 2);
      house.behind = 7;
      house.minutes(role, 0);
      assertThat(alerts(role)).containsExactly("High firing");
      house.behind = 0;
      house.minutes(role, 0);
      assertThat(alerts(role)).isEmpty();
    }
  }

  @Test
  void resultsThatCouldNotBeWrittenAreWrittenWithTheNext() throws Exception {
    var file = House.file(folder, "a.yml", "- {record: b, expr: load}");
    try (var role = house.role(House.settings(file))) {
      house.refuseWrites = House.away();
      house.minutes(role, 1, 2);
      assertThat(house.written).isEmpty();
      house.refuseWrites = null;
      house.minutes(role, 3);

      assertThat(house.written).extracting(sample -> sample.value()).containsExactly(1.0, 2.0, 3.0);
    }
  }

  @Test
  void anOwnerThatWasReplacedNeitherWritesNorEvaluates() throws Exception {
    var file = House.file(folder, "a.yml", "- {record: b, expr: load}");
    try (var role = house.role(House.settings(file))) {
      house.minutes(role, 1);
      int before = house.written.size();
      house.refuseState = new StateLog.Fenced("another process", new IllegalStateException());
      house.minutes(role, 1, 1);
      house.refuseState = null;
      house.minutes(role, 1, 1);

      assertThat(house.written).hasSize(before);
    }
  }

  @Test
  void stateThatWasNotKeptIsKeptLater() throws Exception {
    var file = House.file(folder, "a.yml", "- {alert: High, expr: load > 1}");
    try (var role = house.role(House.settings(file))) {
      house.refuseState = House.away();
      house.minutes(role, 2);
      assertThat(house.log).isEmpty();
      house.refuseState = null;
      house.minutes(role, 2);

      assertThat(house.log.keySet()).anyMatch(key -> key.endsWith(";High"));
    }
  }

  @Test
  void aBadFileNeverReplacesAGoodOne() throws Exception {
    var file = House.file(folder, "a.yml", "- {alert: High, expr: load > 1}");
    try (var role = house.role(House.settings(file))) {
      house.minutes(role, 2);
      House.file(folder, "a.yml", "- {alert: High, expr: load >}");

      assertThat(role.reload().toString()).contains("a.yml:4:").contains("could not parse");

      house.minutes(role, 2);
      assertThat(alerts(role)).containsExactly("High firing");
    }
  }

  @Test
  void aChangedFileKeepsAlertsAndEndsWhatIsGone() throws Exception {
    var file = House.file(folder, "a.yml",
        "- {alert: High, expr: load > 1}\n- {record: b, expr: load}");
    try (var role = house.role(House.settings(file))) {
      house.minutes(role, 2);
      long firedAtMs = only(role).alerts().getFirst().firedAtMs();
      House.file(folder, "a.yml", "- {alert: High, expr: load > 0.5, for: 1h}");

      assertThat(role.reload()).isEmpty();
      assertThat(alerts(role)).containsExactly("High firing");
      house.minutes(role, 2);

      assertThat(only(role).alerts().getFirst().firedAtMs()).isEqualTo(firedAtMs);
      assertThat(house.written).anyMatch(sample -> sample.labels().metricName().equals("b")
          && SampleValues.isStale(sample.value()));
    }
  }

  @Test
  void aGroupThatIsGoneEndsItsSeriesAndItsState() throws Exception {
    var file = House.file(folder, "a.yml", "- {alert: High, expr: load > 1}");
    try (var role = house.role(House.settings(file))) {
      house.minutes(role, 2);
      assertThat(house.log).isNotEmpty();
      Files.writeString(file, "groups: []\n");
      role.reload();

      assertThat(house.log).isEmpty();
      assertThat(house.written.stream().filter(s -> SampleValues.isStale(s.value()))).hasSize(2);
      assertThat(role.statuses()).isEmpty();
    }
  }

  @Test
  void filesThatComeAndGoAreNoticed() throws Exception {
    House.file(folder, "a.yml", "- {record: b, expr: load}");
    var loader = new RuleLoader(List.of(folder + "/*.yml"), List.of(), "", house.clock);
    assertThat(loader.load().groups()).hasSize(1);
    assertThat(loader.changed()).isFalse();

    var second = House.file(folder, "b.yml", "- {record: c, expr: load}");
    assertThat(loader.changed()).isTrue();
    assertThat(loader.load().groups()).hasSize(2);
    Files.setLastModifiedTime(second, FileTime.fromMillis(1));
    assertThat(loader.changed()).isTrue();
    loader.load();
    Files.delete(second);
    assertThat(loader.changed()).isTrue();
  }

  @Test
  void aStartWithBadFilesNamesTheirMistakes() throws Exception {
    var file = House.file(folder, "a.yml", "- {record: b, expr: load +}");

    assertThatThrownBy(() -> house.role(House.settings(file, folder.resolve("none.yml"))))
        .isInstanceOf(Failure.class)
        .hasMessageContaining("a.yml:4:")
        .hasMessageContaining("none.yml");
  }

  @Test
  void anIterationThatTookTooLongIsMissedAndCountedOnce() throws Exception {
    var file = House.file(folder, "a.yml", "- {alert: High, expr: load > 1}");
    try (var role = house.role(House.settings(file))) {
      house.minutes(role, 2);
      house.clock.advance(Duration.ofMinutes(5));
      house.minutes(role, 2);

      assertThat(alerts(role)).containsExactly("High firing");
      assertThat(role.idle()).isTrue();
    }
  }
}
