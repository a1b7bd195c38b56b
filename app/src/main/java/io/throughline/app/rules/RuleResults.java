package io.throughline.app.rules;

import io.throughline.collector.Intake;
import io.throughline.model.Failure;
import io.throughline.model.Fingerprint;
import io.throughline.model.MetricType;
import io.throughline.model.SeriesMetadata;
import io.throughline.model.Tenant;
import io.throughline.rules.RuleSink;
import io.throughline.rules.group.RuleSample;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/** Lets results of rules in through the intake that all writes pass: its limits hold for them too. */
public final class RuleResults implements RuleSink {

  private static final SeriesMetadata METADATA = new SeriesMetadata(MetricType.UNKNOWN, "", "");

  private final Intake intake;
  private final Tenant tenant;
  private final int seed;

  public RuleResults(Intake intake, Tenant tenant) {
    this.intake = intake;
    this.tenant = tenant;
    this.seed = Fingerprint.seed(tenant);
  }

  @Override
  public CompletionStage<Void> write(List<RuleSample> samples) {
    try {
      var refusal = intake.unavailableReason();
      if (!refusal.isEmpty()) {
        return CompletableFuture.failedFuture(Failure.unavailable(refusal));
      }
      var request = intake.begin(tenant);
      for (var sample : samples) {
        add(request, sample);
      }
      return request.commit();
    } catch (Failure refused) {
      return CompletableFuture.failedFuture(refused);
    }
  }

  /** A series over the tenant's limit is left out, as in any other write; the intake counts it. */
  private void add(Intake.Request request, RuleSample sample) {
    var bytes = sample.labels().canonicalBytes();
    var print = Fingerprint.of(seed, bytes, 0, bytes.length);
    int handle = request.find(print.high(), print.low());
    if (handle == Intake.Request.UNKNOWN) {
      handle = request.define(print.high(), print.low(), sample.labels(), METADATA);
    }
    if (handle == Intake.Request.REFUSED) {
      return;
    }
    var histogram = sample.histogram();
    if (histogram == null) {
      request.sample(handle, sample.timeMs(), 0, sample.value());
    } else {
      request.histogram(handle, sample.timeMs(), 0, histogram);
    }
  }
}
