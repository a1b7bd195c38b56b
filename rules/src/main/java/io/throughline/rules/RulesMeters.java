package io.throughline.rules;

import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.common.Attributes;
import io.opentelemetry.api.metrics.DoubleHistogram;
import io.opentelemetry.api.metrics.LongCounter;
import io.opentelemetry.api.metrics.Meter;
import io.throughline.rules.group.AlertState;
import io.throughline.rules.group.GroupEvaluation;
import io.throughline.rules.group.GroupStatus;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;

/** What the rules tell about themselves. */
final class RulesMeters {
  private static final AttributeKey<String> STATE = AttributeKey.stringKey("throughline.state");
  private static final AttributeKey<String> OUTCOME = AttributeKey.stringKey("throughline.outcome");

  private final LongCounter evaluations;
  private final LongCounter missed;
  private final LongCounter stateFailures;
  private final LongCounter writeFailures;
  private final LongCounter doubted;
  private final LongCounter dropped;
  private final LongCounter samples;
  private final DoubleHistogram duration;
  private volatile double lagSeconds;

  RulesMeters(Meter meter, Supplier<List<GroupStatus>> statuses, Supplier<Boolean> loaded) {
    evaluations = meter.counterBuilder("throughline.rules.evaluations")
        .setUnit("{evaluation}")
        .setDescription("Evaluations of single rules, by outcome")
        .build();
    missed = meter.counterBuilder("throughline.rules.missed")
        .setUnit("{iteration}")
        .setDescription("Iterations of groups that were left out because the one before still ran")
        .build();
    stateFailures = meter.counterBuilder("throughline.rules.state.failures")
        .setUnit("{failure}")
        .setDescription("Iterations after which the state of alerts was not kept")
        .build();
    writeFailures = meter.counterBuilder("throughline.rules.write.failures")
        .setUnit("{failure}")
        .setDescription("Iterations whose results were not written at once")
        .build();
    doubted = meter.counterBuilder("throughline.rules.doubted")
        .setUnit("{iteration}")
        .setDescription("Iterations left out because it was not known which process owns the group")
        .build();
    dropped = meter.counterBuilder("throughline.rules.samples.dropped")
        .setUnit("{sample}")
        .setDescription("Results that were given up because they could not be written for long")
        .build();
    samples = meter.counterBuilder("throughline.rules.samples")
        .setUnit("{sample}")
        .setDescription("Results that rules made, stale markers included")
        .build();
    duration = meter.histogramBuilder("throughline.rules.duration")
        .setUnit("s")
        .setDescription("Time one iteration of a group took to evaluate")
        .build();
    meter.gaugeBuilder("throughline.rules.lag")
        .setUnit("s")
        .setDescription("How long after its moment the last iteration began")
        .buildWithCallback(gauge -> gauge.record(lagSeconds));
    meter.gaugeBuilder("throughline.rules.loaded")
        .ofLongs()
        .setUnit("1")
        .setDescription("1 if the rule files as they are now are in use, 0 if an older version is")
        .buildWithCallback(gauge -> gauge.record(loaded.get() ? 1 : 0));
    meter.gaugeBuilder("throughline.rules.count")
        .ofLongs()
        .setUnit("{rule}")
        .setDescription("Rules that are evaluated")
        .buildWithCallback(gauge -> gauge
            .record(statuses.get().stream().mapToInt(group -> group.rules().size()).sum()));
    meter.gaugeBuilder("throughline.rules.alerts")
        .ofLongs()
        .setUnit("{alert}")
        .setDescription("Alerts by state; unknown ones are counted apart from the state they had")
        .buildWithCallback(gauge -> count(statuses.get())
            .forEach((state, count) -> gauge.record(count, Attributes.of(STATE, state))));
  }

  private static Map<String, Long> count(List<GroupStatus> groups) {
    var states = new EnumMap<AlertState, Long>(AlertState.class);
    long unknown = 0;
    for (var group : groups) {
      for (var rule : group.rules()) {
        for (var alert : rule.alerts()) {
          if (rule.unknownSinceMs() != 0) {
            unknown++;
          } else {
            states.merge(alert.state(), 1L, Long::sum);
          }
        }
      }
    }
    return Map.of("pending", states.getOrDefault(AlertState.PENDING, 0L), "firing",
        states.getOrDefault(AlertState.FIRING, 0L), "unknown", unknown);
  }

  void evaluated(GroupStatus group, GroupEvaluation.Iteration iteration) {
    evaluations.add(group.rules().size() - iteration.failures(), Attributes.of(OUTCOME, "success"));
    evaluations.add(iteration.failures(), Attributes.of(OUTCOME, "error"));
    samples.add(iteration.samples().size());
    duration.record(group.evaluationSeconds());
  }

  void lag(double seconds) {
    lagSeconds = seconds;
  }

  void missed(long count) {
    missed.add(count);
  }

  void stateNotKept() {
    stateFailures.add(1);
  }

  void doubted() {
    doubted.add(1);
  }

  void notWritten() {
    writeFailures.add(1);
  }

  void dropped(long count) {
    dropped.add(count);
  }
}
