package io.throughline.collector;

import io.throughline.model.Labels;
import io.throughline.model.SeriesMetadata;
import io.throughline.model.Tenant;
import io.throughline.model.relabel.Relabeled;

/**
 * What becomes of a series not met before: relabelled by the tenant's rules, checked, registered under the hash of its
 * arrival bytes. All of that once per series; later arrivals find the verdict by the hash.
 */
final class Registration {
  private final Admission admission;
  private final Relabelings relabelings;

  Registration(Admission admission, Relabelings relabelings) {
    this.admission = admission;
    this.relabelings = relabelings;
  }

  /**
   * As {@link Intake.Request#find} would answer from now on: a handle, or why there is none. What is refused is counted,
   * what is dropped by a rule is the caller's to count, as it is for series met before.
   *
   * @param samples that came with the series
   */
  int define(Tenant tenant, long hashHigh, long hashLow, Labels labels, SeriesMetadata metadata,
      int samples, Intake.Request request, Outcome outcome) {
    var kept = labels;
    switch (relabelings.of(tenant).apply(labels)) {
      case Relabeled.Dropped(int rule) -> {
        return request.drop(hashHigh, hashLow, rule);
      }
      case Relabeled.Kept(var relabelled) -> kept = relabelled;
    }
    var reason = kept.metricName().isEmpty() && !labels.metricName().isEmpty()
        ? "relabelling took the metric name away from " + Admission.abbreviate(labels.toString())
        : admission.labelsReason(kept);
    if (reason != null) {
      outcome.refuse(samples, reason);
      return Intake.Request.REFUSED;
    }
    int handle = request.define(hashHigh, hashLow, kept, metadata);
    if (handle == Intake.Request.REFUSED && request.refusalPasses()) {
      outcome.refuseForNow(samples, request.refusal());
    } else if (handle == Intake.Request.REFUSED) {
      outcome.refuse(samples, request.refusal());
    }
    return handle;
  }
}
