package io.throughline.rules.group;

import io.throughline.rules.file.RuleGroup;
import java.util.List;

/**
 * How a group stands. Immutable.
 *
 * @param lastEvaluationMs 0 for never
 * @param evaluationSeconds how long the last iteration took
 */
public record GroupStatus(RuleGroup group, long intervalMs, long queryOffsetMs,
    long lastEvaluationMs, double evaluationSeconds, List<RuleStatus> rules) {}
