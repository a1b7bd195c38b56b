package io.throughline.app.telemetry;

import io.opentelemetry.api.common.Attributes;
import io.opentelemetry.api.metrics.Meter;
import io.opentelemetry.proto.collector.metrics.v1.ExportMetricsServiceRequest;
import io.opentelemetry.sdk.common.CompletableResultCode;
import io.opentelemetry.sdk.metrics.Aggregation;
import io.opentelemetry.sdk.metrics.InstrumentSelector;
import io.opentelemetry.sdk.metrics.InstrumentType;
import io.opentelemetry.sdk.metrics.SdkMeterProvider;
import io.opentelemetry.sdk.metrics.View;
import io.opentelemetry.sdk.metrics.data.AggregationTemporality;
import io.opentelemetry.sdk.metrics.data.MetricData;
import io.opentelemetry.sdk.metrics.export.MetricExporter;
import io.opentelemetry.sdk.metrics.export.PeriodicMetricReader;
import io.opentelemetry.sdk.resources.Resource;
import java.time.Duration;
import java.util.Collection;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * The meters of this process and their two ways out: {@link #prometheusText} on demand and, if started, an
 * OTLP request each interval to a {@link Door} of this process. A request is skipped while the one before is
 * not acknowledged: cumulative values lose nothing by it.
 */
public final class SelfTelemetry implements AutoCloseable {
  private static final String SCOPE = "io.throughline";

  private final SdkMeterProvider provider;
  private final PullReader pull = new PullReader();

  /** Takes OTLP metrics within the process. */
  @FunctionalInterface
  public interface Door {
    CompletionStage<?> export(ExportMetricsServiceRequest request);
  }

  /**
   * @param door where metrics go each interval, or null where they are only read on demand
   * @param resource what this process is
   */
  public SelfTelemetry(Attributes resource, @Nullable Door door, Duration interval) {
    var builder = SdkMeterProvider.builder()
        .setResource(Resource.create(resource))
        .registerView(InstrumentSelector.builder().setType(InstrumentType.HISTOGRAM).build(),
            View.builder().setAggregation(Aggregation.base2ExponentialBucketHistogram()).build())
        .registerMetricReader(pull);
    if (door != null) {
      builder.registerMetricReader(
          PeriodicMetricReader.builder(new DoorExporter(door)).setInterval(interval).build());
    }
    provider = builder.build();
    ProcessMetrics.register(meter());
  }

  public Meter meter() {
    return provider.get(SCOPE);
  }

  /** All metrics now, in Prometheus' text format. */
  public String prometheusText() {
    return PrometheusText.write(pull.collect());
  }

  @Override
  public void close() {
    var _ = provider.shutdown().join(500, TimeUnit.MILLISECONDS);
  }

  private record DoorExporter(Door door) implements MetricExporter {

    @Override
    public CompletableResultCode export(Collection<MetricData> metrics) {
      var result = new CompletableResultCode();
      try {
        door.export(OtlpRequest.of(metrics)).whenComplete((done, failed) -> {
          if (failed == null) {
            result.succeed();
          } else {
            result.fail();
          }
        });
      } catch (RuntimeException refused) {
        result.fail();
      }
      return result;
    }

    @Override
    public AggregationTemporality getAggregationTemporality(InstrumentType instrumentType) {
      return AggregationTemporality.CUMULATIVE;
    }

    @Override
    public CompletableResultCode flush() {
      return CompletableResultCode.ofSuccess();
    }

    @Override
    public CompletableResultCode shutdown() {
      return CompletableResultCode.ofSuccess();
    }
  }
}
