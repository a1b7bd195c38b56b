package io.throughline.rules.group;

import io.throughline.query.engine.Features;
import io.throughline.query.engine.QueryLimits;
import java.util.Map;

/**
 * What holds for all groups of an installation.
 *
 * @param intervalMs of groups that name none, and the step of subqueries that name none
 * @param queryOffsetMs of groups that name none
 * @param lookbackMs how old a sample may be and still be a series' value
 * @param limits of each rule's query
 * @param features experiments of PromQL that rules are evaluated with
 * @param externalLabels for templates
 * @param resendDelayMs how long after it was sent a firing alert is sent again
 */
public record Options(long intervalMs, long queryOffsetMs, long lookbackMs, QueryLimits limits,
    Features features, Map<String, String> externalLabels, String externalUrl, long resendDelayMs) {

  /** Without any experiment. */
  public Options(long intervalMs, long queryOffsetMs, long lookbackMs, QueryLimits limits,
      Map<String, String> externalLabels, String externalUrl, long resendDelayMs) {
    this(intervalMs, queryOffsetMs, lookbackMs, limits, Features.NONE, externalLabels, externalUrl,
        resendDelayMs);
  }
}
