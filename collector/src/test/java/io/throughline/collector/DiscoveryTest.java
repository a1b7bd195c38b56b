package io.throughline.collector;

import static org.assertj.core.api.Assertions.assertThat;

import io.throughline.collector.discover.DiscoverSettings;
import io.throughline.collector.discover.Discovery;
import io.throughline.model.Failure;
import io.throughline.testkit.Await;
import io.throughline.testkit.SettableClock;
import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.Test;

class DiscoveryTest {
  private final SettableClock clock = new SettableClock(Instant.ofEpochMilli(1_700_000_000_000L));

  @Test
  void nothingIsFollowedUntilItIsNamedAndEachSaysWhatWouldBringIt() {
    try (var discovery = Discovery.of(DiscoverSettings.DEFAULTS, new WrittenDownIntake(), clock)) {
      assertThat(discovery.states()).allMatch(state -> state.state().equals("off"))
          .extracting(Discovery.State::reason)
          .anyMatch(reason -> reason.contains("collector.discover.docker"));
    }
  }

  @Test
  void anEngineThatIsNotThereFailsWithItsReasonAndIsAskedAgain() {
    var settings = new DiscoverSettings("off", "/nowhere/engine.sock", Duration.ofSeconds(1),
        "default");
    var intake = new WrittenDownIntake();
    intake.failCommits(Failure.unavailable("no log"));
    try (var discovery = Discovery.of(settings, intake, clock)) {
      Await.until("it says that it fails", () -> discovery.states()
          .getFirst()
          .state()
          .equals(
              "failing"));
      assertThat(discovery.states().getFirst().reason()).contains("/nowhere/engine.sock");
    }
  }
}
