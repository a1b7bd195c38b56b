package io.throughline.app.settings;

import java.time.Duration;

/**
 * Settings {@code self.*}: what this process says about itself and its machine.
 *
 * @param agent whether the node agent runs and self-telemetry is stored; {@code --no-agent} is false
 * @param interval how often self-telemetry is taken
 * @param serviceName under which this process shows itself
 */
public record SelfSettings(boolean agent, Duration interval, String serviceName) {

  public static final SelfSettings DEFAULTS = new SelfSettings(true, Duration.ofSeconds(1),
      "throughline");

  public SelfSettings {
    if (interval.toMillis() < 100 || interval.toMinutes() > 10) {
      throw new IllegalArgumentException("interval is " + interval + ", want 100ms to 10m");
    }
    if (serviceName.isBlank()) {
      throw new IllegalArgumentException("service-name is empty");
    }
  }

  public SelfSettings withAgent(boolean value) {
    return new SelfSettings(value, interval, serviceName);
  }
}
