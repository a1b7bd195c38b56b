package io.throughline.collector.discover;

import static org.assertj.core.api.Assertions.assertThat;

import io.throughline.collector.WrittenDownIntake;
import io.throughline.model.Failure;
import io.throughline.model.Labels;
import io.throughline.testkit.Await;
import io.throughline.testkit.SettableClock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
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
      Await.until("it says that it fails",
          () -> discovery.states().getFirst().state().equals("failing"));
      assertThat(discovery.states().getFirst().reason()).contains("/nowhere/engine.sock");
    }
  }

  @Test
  void whatIsNotAcknowledgedIsAFailureWithTheReasonOfTheLog() {
    var intake = new WrittenDownIntake();
    intake.failCommits(Failure.unavailable("no log"));
    try (var discovery = new Discovery(List.of(new OneNode()), List.of(), intake, clock,
        DiscoverSettings.DEFAULTS)) {
      Await.until("it says that it fails",
          () -> discovery.states().getFirst().state().equals("failing"));
      assertThat(discovery.states().getFirst().reason()).isEqualTo("no log");
    }
  }

  private static final class OneNode implements Source {
    @Override
    public String name() {
      return "one-node";
    }

    @Override
    public List<Told> read() {
      return List.of(new Told(new Labels.Builder().set(Labels.NAME, "node_info").build(), 1));
    }

    @Override
    public void close() {}
  }
}
