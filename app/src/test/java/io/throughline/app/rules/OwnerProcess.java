package io.throughline.app.rules;

import io.opentelemetry.api.OpenTelemetry;
import io.throughline.query.QuerySettings;
import io.throughline.rules.RulesRole;
import io.throughline.rules.RulesSettings;
import io.throughline.store.Store;
import io.throughline.store.StoreSettings;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.List;
import java.util.Properties;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.locks.LockSupport;

/**
 * A process of its own that evaluates rules on a cluster, as {@code OwnersAsProcessesTest} starts it. Says on its output what it
 * writes and, some times a second, whether it may act.
 *
 * <p>Arguments: Kafka's client properties, prefix of topics, file of rules, webhook, a folder.
 */
final class OwnerProcess {

  static final Duration LEASE = Duration.ofSeconds(2);

  private OwnerProcess() {}

  public static void main(String[] arguments) throws IOException {
    var client = new Properties();
    try (var in = Files.newInputStream(Path.of(arguments[0]))) {
      client.load(in);
    }
    var properties = new HashMap<String, Object>();
    client.stringPropertyNames().forEach(name -> properties.put(name, client.getProperty(name)));
    var timing = new SharedRuleState.Timing(Duration.ofSeconds(6), Duration.ofSeconds(20),
        Duration.ofMillis(200), LEASE, LEASE, System::nanoTime);
    var state = new SharedRuleState(properties, arguments[1], "default", 1, timing, () -> {});
    var standard = RulesSettings.DEFAULTS;
    var settings = new RulesSettings(List.of(arguments[2]), List.of(), "default",
        Duration.ofSeconds(1), Duration.ZERO, Duration.ZERO, 1, standard.outageTolerance(),
        Duration.ofSeconds(1), "http://pane", List.of(), List.of(), List.of(arguments[3]), "", 100,
        Duration.ofSeconds(5), "", Duration.ofDays(1));
    var data = Store.open(Path.of(arguments[4]),
        StoreSettings.DEFAULTS.withBackgroundMerges(false));
    var role = new RulesRole(settings,
        new RulesRole.Surroundings(QuerySettings.DEFAULT, data::snapshot, () -> 0, samples -> {
          samples.forEach(sample -> say("writes " + sample.labels() + " " + (long) sample.value()));
          return written();
        }, state, InstantSource.system(), OpenTelemetry.noop().getMeter("t"), null));
    role.start();
    while (true) {
      say("acts " + state.owns(0));
      LockSupport.parkNanos(200_000_000);
    }
  }

  private static CompletionStage<Void> written() {
    return CompletableFuture.completedFuture(null);
  }

  private static void say(String line) {
    System.out.println(line);
    System.out.flush();
  }
}
