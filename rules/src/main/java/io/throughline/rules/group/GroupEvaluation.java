package io.throughline.rules.group;

import io.throughline.model.Failure;
import io.throughline.model.Labels;
import io.throughline.query.engine.EvaluationFailure;
import io.throughline.query.source.SampleSource;
import io.throughline.rules.file.Rule;
import io.throughline.rules.file.RuleGroup;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One group, evaluated moment by moment. Not thread-safe: its owner calls it from one thread at a time.
 *
 * <p>Rules run in order, each seeing what those before it made. A rule that fails changes nothing: its alerts stand as
 * they stood, are <em>unknown</em> from then on, and their series are written on, because a series that ends would read as
 * resolved.
 */
public final class GroupEvaluation {
  private static final Logger LOG = LoggerFactory.getLogger(GroupEvaluation.class);

  private final RuleGroup group;
  private final Options options;
  private final Map<String, RuleState> states;

  /** Series of rules that are gone; they end with the next iteration. */
  private Set<Labels> orphans = new HashSet<>();
  private long lastEvaluationMs;
  private double evaluationSeconds;

  /**
   * What an iteration made.
   *
   * @param failures how many rules failed
   */
  public record Iteration(List<RuleSample> samples, int failures, long samplesRead) {}

  public GroupEvaluation(RuleGroup group, Options options) {
    this.group = group;
    this.options = options;
    this.states = RuleState.of(group.rules());
  }

  public RuleGroup group() {
    return group;
  }

  public Options options() {
    return options;
  }

  /** Notes when another process evaluated the group. */
  void shown(long evaluatedMs) {
    lastEvaluationMs = evaluatedMs;
  }

  public long intervalMs() {
    return group.intervalMs() == 0 ? options.intervalMs() : group.intervalMs();
  }

  public long queryOffsetMs() {
    return group.queryOffsetMs() < 0 ? options.queryOffsetMs() : group.queryOffsetMs();
  }

  /** Takes over what an older version of the group remembers of rules that are still there. */
  public void inherit(GroupEvaluation before) {
    orphans.addAll(before.orphans);
    before.states.forEach((key, old) -> {
      var now = states.get(key);
      if (now != null && (now.alerting() == null) == (old.alerting() == null)) {
        now.inherit(old);
      } else {
        orphans.addAll(old.written);
      }
    });
    lastEvaluationMs = before.lastEvaluationMs;
  }

  /** Stale markers for all that the group has written: it is gone. */
  public List<RuleSample> end(long timeMs) {
    var samples = new ArrayList<RuleSample>();
    for (var state : states.values()) {
      state.written.forEach(labels -> samples.add(RuleSample.stale(labels, timeMs)));
    }
    orphans.forEach(labels -> samples.add(RuleSample.stale(labels, timeMs)));
    return samples;
  }

  /**
   * Evaluates all rules.
   *
   * @param timeMs the iteration's moment; queries and results are at this less the offset
   * @param partial whether the source may lack samples that are acknowledged: then no alert ends
   */
  public Iteration evaluate(long timeMs, SampleSource source, boolean partial) {
    long startNanos = System.nanoTime();
    long atMs = timeMs - queryOffsetMs();
    var overlay = new OverlaySource(source);
    var queries = new Queries(overlay, options, atMs);
    var samples = new ArrayList<RuleSample>();
    int failures = 0;
    for (var state : states.values()) {
      long ruleNanos = System.nanoTime();
      var made = evaluate(state, queries, timeMs, atMs, partial);
      state.evaluationSeconds = (System.nanoTime() - ruleNanos) / 1e9;
      state.lastEvaluationMs = timeMs;
      state.evaluated = true;
      failures += state.lastError.isEmpty() ? 0 : 1;
      made.forEach(overlay::add);
      samples.addAll(made);
    }
    orphans.forEach(labels -> samples.add(RuleSample.stale(labels, atMs)));
    orphans = new HashSet<>();
    lastEvaluationMs = timeMs;
    evaluationSeconds = (System.nanoTime() - startNanos) / 1e9;
    return new Iteration(samples, failures, queries.samplesRead());
  }

  /** Notes that the group could not be evaluated at a moment: nothing is known of its alerts from then on. */
  public Iteration fail(long timeMs, String reason) {
    long atMs = timeMs - queryOffsetMs();
    var samples = new ArrayList<RuleSample>();
    for (var state : states.values()) {
      state.lastError = reason;
      state.lastEvaluationMs = timeMs;
      state.evaluated = true;
      unknownSince(state, timeMs);
      samples.addAll(AlertEvaluation.samples(state, atMs));
    }
    lastEvaluationMs = timeMs;
    return new Iteration(samples, states.size(), 0);
  }

  /** Notes that moments have passed without an evaluation. */
  public void missed(long timeMs) {
    states.values().forEach(state -> unknownSince(state, timeMs));
  }

  private static void unknownSince(RuleState state, long timeMs) {
    state.unknownSinceMs = state.unknownSinceMs == 0 ? timeMs : state.unknownSinceMs;
  }

  private List<RuleSample> evaluate(RuleState state, Queries queries, long timeMs, long atMs,
      boolean partial) {
    try {
      var made = switch (state.rule) {
        case Rule.Recording recording -> record(recording, queries, atMs);
        case Rule.Alerting alerting -> {
          AlertEvaluation.step(state, alerting, queries, options, timeMs, group.limit(), partial);
          yield AlertEvaluation.samples(state, atMs);
        }
      };
      var written = new HashSet<Labels>(made.size() * 2);
      made.forEach(sample -> written.add(sample.labels()));
      var all = new ArrayList<>(made);
      if (partial) {
        // What is missing may be there: it does not end yet.
        written.addAll(state.written);
      } else {
        for (var before : state.written) {
          if (!written.contains(before)) {
            all.add(RuleSample.stale(before, atMs));
          }
        }
      }
      state.written = written;
      state.lastError = "";
      state.unknownSinceMs = 0;
      return all;
    } catch (RuleFailure | EvaluationFailure | Failure failed) {
      return failed(state, String.valueOf(failed.getMessage()), timeMs, atMs);
    } catch (StackOverflowError tooDeep) {
      return failed(state, "the expression nests too deeply", timeMs, atMs);
    } catch (RuntimeException defect) {
      LOG.error("a rule met a defect file={} group={} rule={}", group.file(), group.name(),
          state.key, defect);
      return failed(state, "a defect of ours: " + defect, timeMs, atMs);
    }
  }

  private static List<RuleSample> failed(RuleState state, String reason, long timeMs, long atMs) {
    state.lastError = reason;
    unknownSince(state, timeMs);
    return AlertEvaluation.samples(state, atMs);
  }

  private List<RuleSample> record(Rule.Recording rule, Queries queries, long atMs) {
    var samples = new ArrayList<RuleSample>();
    var seen = new HashSet<Labels>();
    for (var element : queries.vector(rule.text(), rule.expr())) {
      var builder = element.labels().toBuilder().set(Labels.NAME, rule.name());
      rule.labels().forEach(builder::set);
      var labels = builder.build();
      if (!seen.add(labels)) {
        throw new RuleFailure(
            "vector contains metrics with the same labelset after applying rule labels");
      }
      var histogram = element.histogram();
      samples.add(new RuleSample(labels, atMs, element.value(),
          histogram == null ? null : histogram.toStored()));
    }
    if (group.limit() > 0 && samples.size() > group.limit()) {
      throw new RuleFailure(
          "exceeded limit of " + group.limit() + " with " + samples.size() + " series");
    }
    return samples;
  }

  /** The alerts that receivers are to hear of at a moment, with the rule each is of; notes that they do. */
  public List<Due> toSend(long timeMs) {
    var due = new ArrayList<Due>();
    for (var state : states.values()) {
      var rule = state.alerting();
      if (rule != null) {
        AlertEvaluation.toSend(state, timeMs, intervalMs(), options.resendDelayMs())
            .forEach(alert -> due.add(new Due(rule, alert, state.unknownSinceMs)));
      }
    }
    return due;
  }

  /**
   * An alert to send.
   *
   * @param unknownSinceMs since when its state is not known, or 0
   */
  public record Due(Rule.Alerting rule, AlertView alert, long unknownSinceMs) {}

  Collection<RuleState> states() {
    return states.values();
  }

  /** How the group stands, for readers on other threads. */
  public GroupStatus status() {
    var rules = new ArrayList<RuleStatus>();
    for (var state : states.values()) {
      var alerts = new ArrayList<AlertView>();
      for (var alert : state.alerts.values()) {
        if (alert.state != AlertState.INACTIVE) {
          alerts.add(alert.view());
        }
      }
      rules.add(new RuleStatus(state.rule,
          state.evaluated
              ? state.lastError.isEmpty() ? RuleStatus.Health.OK : RuleStatus.Health.ERROR
              : RuleStatus.Health.UNKNOWN,
          state.lastError, state.lastEvaluationMs, state.evaluationSeconds, state.unknownSinceMs,
          alerts));
    }
    return new GroupStatus(group, intervalMs(), queryOffsetMs(), lastEvaluationMs,
        evaluationSeconds, rules);
  }
}
