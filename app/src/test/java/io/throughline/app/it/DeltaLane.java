package io.throughline.app.it;

import io.opentelemetry.proto.collector.metrics.v1.ExportMetricsServiceRequest;
import io.opentelemetry.proto.common.v1.AnyValue;
import io.opentelemetry.proto.common.v1.KeyValue;
import io.opentelemetry.proto.metrics.v1.AggregationTemporality;
import io.opentelemetry.proto.metrics.v1.Metric;
import io.opentelemetry.proto.metrics.v1.NumberDataPoint;
import io.opentelemetry.proto.metrics.v1.ResourceMetrics;
import io.opentelemetry.proto.metrics.v1.ScopeMetrics;
import io.opentelemetry.proto.metrics.v1.Sum;
import io.opentelemetry.proto.resource.v1.Resource;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * One OpenTelemetry SDK that exports delta sums of three services over OTLP. An export that was not answered
 * is sent again as it was, also to the next process: an interval counts once, however often it arrives.
 */
final class DeltaLane {
  private static final int SERIES = 20;
  private static final long PAUSE_NANOS = TimeUnit.MILLISECONDS.toNanos(100);

  private final UpProcess up;
  private final int number;
  private final long baseMs;
  private int exports;
  private byte @Nullable [] unanswered;

  /** @param baseMs when counting begins; a whole second */
  DeltaLane(UpProcess up, int number, long baseMs) {
    this.up = up;
    this.number = number;
    this.baseMs = baseMs;
  }

  /** Exports until nobody answers. */
  void run() throws InterruptedException {
    while (true) {
      var body = unanswered;
      if (body == null) {
        body = export(exports);
        unanswered = body;
      }
      LockSupport.parkNanos(PAUSE_NANOS);
      int status = up.export("default", body);
      if (status == -1) {
        return;
      }
      if (status == 200) {
        exports++;
        unanswered = null;
      } else if (status != 503) {
        throw new AssertionError("delta lane " + number + " was answered with " + status);
      }
    }
  }

  private byte[] export(int interval) {
    long startNanos = (baseMs + interval * 1000L) * 1_000_000;
    var request = ExportMetricsServiceRequest.newBuilder();
    for (int target = 0; target < WriteLane.TARGETS; target++) {
      var sum = Sum.newBuilder()
          .setIsMonotonic(true)
          .setAggregationTemporality(AggregationTemporality.AGGREGATION_TEMPORALITY_DELTA);
      for (int series = 0; series < SERIES; series++) {
        sum.addDataPoints(NumberDataPoint.newBuilder()
            .setStartTimeUnixNano(startNanos)
            .setTimeUnixNano(startNanos + 1_000_000_000)
            .setAsInt(increase(series, interval))
            .addAttributes(attribute("n", "" + series)));
      }
      request.addResourceMetrics(ResourceMetrics.newBuilder()
          .setResource(Resource.newBuilder()
              .addAttributes(attribute("service.name", "kill-delta"))
              .addAttributes(attribute("service.instance.id", instance(target))))
          .addScopeMetrics(ScopeMetrics.newBuilder()
              .addMetrics(Metric.newBuilder().setName("kill.delta").setSum(sum))));
    }
    return request.build().toByteArray();
  }

  private String instance(int target) {
    return "delta" + number + "-" + target;
  }

  private static KeyValue attribute(String key, String value) {
    return KeyValue.newBuilder()
        .setKey(key)
        .setValue(AnyValue.newBuilder().setStringValue(value))
        .build();
  }

  private static long increase(int series, int interval) {
    return 1 + series + interval * 7 % 11;
  }

  /** As {@link WriteLane#compare}: each cumulative value is the sum of all intervals so far, each once. */
  long compare(List<String> wrong) throws IOException, InterruptedException {
    long compared = 0;
    for (int target = 0; target < WriteLane.TARGETS; target++) {
      var found = up.query("default",
          "kill_delta_total{instance=\"" + instance(target) + "\"}[" + (exports + 100) + "s]",
          baseMs + (exports + 10) * 1000L);
      if (found.size() != SERIES && exports > 0) {
        wrong.add(instance(target) + " has " + found.size() + " series");
      }
      for (var series : found) {
        compared += compare((JsonObject) series, wrong);
      }
    }
    return compared;
  }

  private long compare(JsonObject found, List<String> wrong) {
    int series = Integer.parseInt(found.getJsonObject("metric").getString("n"));
    var values = found.getJsonArray("values");
    // The one that was not answered may be there.
    if (values.size() != exports && values.size() != exports + 1) {
      wrong.add("delta lane " + number + " series " + series + " has " + values.size()
          + " values, acknowledged were " + exports);
    }
    long sum = 0;
    for (int interval = 0; interval < values.size(); interval++) {
      sum += increase(series, interval);
      var at = (JsonArray) values.getValue(interval);
      if (Math.round(at.getDouble(0) * 1000) != baseMs + (interval + 1) * 1000L
          || Double.parseDouble(at.getString(1)) != sum) {
        wrong.add("delta lane " + number + " series " + series + " interval " + interval + ": " + at
            + ", want " + sum);
        break;
      }
    }
    return values.size();
  }
}
