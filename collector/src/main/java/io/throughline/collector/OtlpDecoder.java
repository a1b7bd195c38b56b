package io.throughline.collector;

import com.dynatrace.hash4j.hashing.HashStream128;
import com.dynatrace.hash4j.hashing.Hashing;
import io.opentelemetry.proto.collector.metrics.v1.ExportMetricsServiceRequest;
import io.opentelemetry.proto.common.v1.AnyValue;
import io.opentelemetry.proto.common.v1.KeyValue;
import io.opentelemetry.proto.metrics.v1.AggregationTemporality;
import io.opentelemetry.proto.metrics.v1.ExponentialHistogramDataPoint;
import io.opentelemetry.proto.metrics.v1.HistogramDataPoint;
import io.opentelemetry.proto.metrics.v1.Metric;
import io.opentelemetry.proto.metrics.v1.NumberDataPoint;
import io.opentelemetry.proto.metrics.v1.ResourceMetrics;
import io.opentelemetry.proto.metrics.v1.SummaryDataPoint;
import io.throughline.model.Failure;
import io.throughline.model.Labels;
import io.throughline.model.MetricType;
import io.throughline.model.NativeHistogram;
import io.throughline.model.NativeHistogram.ResetHint;
import io.throughline.model.SampleValues;
import io.throughline.model.SeriesMetadata;
import io.throughline.model.Tenant;
import io.throughline.model.identity.ResourceIdentity;
import java.math.BigDecimal;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * OTLP metrics, stored under Prometheus' names: gauges, sums, classic and exponential histograms,
 * summaries; cumulative ones as they are, deltas as increases that are made cumulative behind Kafka.
 *
 * <p>A series is found by a keyed hash of what names it (resource, metric, attributes); labels are made only
 * for one not met before. Resources get a {@code target_info} series with their other attributes. One decoder
 * per thread.
 *
 * <p>A little longer than most: the kinds of metrics share the buffers of one pass over the request.
 */
final class OtlpDecoder {
  /** What OpenTelemetry counts as zero where a histogram does not say. */
  private static final double DEFAULT_ZERO_THRESHOLD = 1e-128;
  private static final int MIN_SCALE = -4;
  private static final int NO_RECORDED_VALUE = 1;
  private static final int[] NO_SPANS = {};
  private static final long[] NO_COUNTS = {};
  private static final double[] NO_BOUNDS = {};

  private final Admission admission;
  private final Registration registration;
  private final boolean identityFallback;
  private final TargetInfos targetInfos;
  private final HashStream128 hash;

  private Intake.Request request;
  private Tenant tenant = Tenant.DEFAULT;
  private Outcome outcome = new Outcome();
  private long nowMs;
  private ResourceIdentity identity = new ResourceIdentity("", "");
  private byte[] resourceBytes = new byte[0];
  private long newestMs;

  /** What all series of one metric share. */
  private record Family(String name, SeriesMetadata metadata) {}

  OtlpDecoder(Admission admission, Registration registration, boolean identityFallback,
      TargetInfos targetInfos, long hashKey, Intake.Request none) {
    this.admission = admission;
    this.registration = registration;
    this.identityFallback = identityFallback;
    this.targetInfos = targetInfos;
    this.hash = Hashing.xxh3_128(hashKey).hashStream();
    this.request = none;
  }

  /** Takes an export into {@code into}; {@link Outcome#refused} counts data points. */
  Outcome decode(Tenant of, ExportMetricsServiceRequest export, Intake.Request into, long clockMs,
      List<TargetInfos.Due> due) {
    tenant = of;
    request = into;
    outcome = new Outcome();
    nowMs = clockMs;
    for (var resource : export.getResourceMetricsList()) {
      resource(resource, due);
    }
    return outcome;
  }

  private void resource(ResourceMetrics of, List<TargetInfos.Due> due) {
    var attributes = texts(of.getResource().getAttributesList());
    identity = ResourceIdentity.of(attributes, identityFallback);
    resourceBytes = of.getResource().toByteArray();
    newestMs = Long.MIN_VALUE;
    for (var scope : of.getScopeMetricsList()) {
      for (var metric : scope.getMetricsList()) {
        metric(metric);
      }
    }
    if (newestMs != Long.MIN_VALUE) {
      targetInfo(attributes, due);
    }
  }

  private void targetInfo(Map<String, String> attributes, List<TargetInfos.Due> due) {
    var builder = new Labels.Builder();
    boolean tellsMore = false;
    for (var attribute : attributes.entrySet()) {
      if (!ResourceIdentity.isIdentifying(attribute.getKey())) {
        put(builder, attribute.getKey(), attribute.getValue());
        tellsMore = true;
      }
    }
    if (!tellsMore || identity.job().isEmpty() && identity.instance().isEmpty()) {
      return;
    }
    startHash("target_info", "", 0);
    var key = hash.get();
    long high = key.getMostSignificantBits();
    long low = key.getLeastSignificantBits();
    var one = new TargetInfos.Due(high, low, newestMs);
    if (!targetInfos.isDue(one)) {
      return;
    }
    int handle = request.find(high, low);
    if (handle == Intake.Request.UNKNOWN) {
      identify(builder);
      handle = define(high, low, builder.set(Labels.NAME, "target_info").build(),
          new SeriesMetadata(MetricType.GAUGE, "", "Attributes of a resource"), 0);
    }
    if (handle >= 0) {
      request.sample(handle, newestMs, 0, 1);
      due.add(one);
    } else {
      noteDrop(handle);
    }
  }

  private void metric(Metric metric) {
    switch (metric.getDataCase()) {
      case GAUGE -> {
        var family = family(metric, MetricType.GAUGE, false, true);
        for (var point : metric.getGauge().getDataPointsList()) {
          number(family, metric, point, false);
        }
      }
      case SUM -> {
        var sum = metric.getSum();
        boolean monotonic = sum.getIsMonotonic();
        var family = family(metric, monotonic ? MetricType.COUNTER : MetricType.GAUGE, monotonic,
            !monotonic);
        boolean delta = isDelta(sum.getAggregationTemporality());
        for (var point : sum.getDataPointsList()) {
          number(family, metric, point, delta);
        }
      }
      case HISTOGRAM -> {
        var family = family(metric, MetricType.HISTOGRAM, false, false);
        boolean delta = isDelta(metric.getHistogram().getAggregationTemporality());
        for (var point : metric.getHistogram().getDataPointsList()) {
          histogram(family, metric, point, delta);
        }
      }
      case EXPONENTIAL_HISTOGRAM -> {
        var family = family(metric, MetricType.HISTOGRAM, false, false);
        boolean delta = isDelta(metric.getExponentialHistogram().getAggregationTemporality());
        for (var point : metric.getExponentialHistogram().getDataPointsList()) {
          exponential(family, metric, point, delta);
        }
      }
      case SUMMARY -> {
        var family = family(metric, MetricType.SUMMARY, false, false);
        for (var point : metric.getSummary().getDataPointsList()) {
          summary(family, metric, point);
        }
      }
      case DATA_NOT_SET -> outcome.refuse(0, "metric '" + Admission.abbreviate(metric.getName())
          + "' has no data of a kind this collector knows");
    }
  }

  private static boolean isDelta(AggregationTemporality temporality) {
    return temporality == AggregationTemporality.AGGREGATION_TEMPORALITY_DELTA;
  }

  private @Nullable Family family(Metric metric, MetricType type, boolean monotonic,
      boolean gauge) {
    try {
      return new Family(OtlpNames.metric(metric.getName(), metric.getUnit(), monotonic, gauge),
          new SeriesMetadata(type, OtlpNames.unit(metric.getUnit()),
              Admission.abbreviate(metric.getDescription())));
    } catch (Failure unnamed) {
      outcome.refuse(0, unnamed.getMessage());
      return null;
    }
  }

  private void number(@Nullable Family family, Metric metric, NumberDataPoint point,
      boolean delta) {
    long timeMs = millis(point.getTimeUnixNano());
    if (family == null || !timely(timeMs)) {
      refuseUnnamed(family);
      return;
    }
    int handle = series(family, metric, point.getAttributesList(), "", "", "");
    if (handle < 0) {
      return;
    }
    boolean absent = (point.getFlags() & NO_RECORDED_VALUE) != 0;
    double value = absent
        ? SampleValues.STALE_NAN
        : point.hasAsInt() ? point.getAsInt() : point.getAsDouble();
    put(handle, timeMs, millis(point.getStartTimeUnixNano()), value, delta && !absent);
    outcome.samples++;
    for (var exemplar : point.getExemplarsList()) {
      outcome.addExemplar(
          ExemplarDecoder.otlp(exemplar, labels(family, point.getAttributesList(), "", "", "")));
    }
  }

  private void refuseUnnamed(@Nullable Family family) {
    if (family == null) {
      outcome.refuse(1, "its metric was refused");
    }
  }

  private void put(int handle, long timeMs, long startMs, double value, boolean delta) {
    newestMs = Math.max(newestMs, timeMs);
    if (delta) {
      request.delta(handle, startMs, timeMs, value);
    } else {
      request.sample(handle, timeMs, startMs, value);
    }
  }

  private void histogram(@Nullable Family family, Metric metric, HistogramDataPoint point,
      boolean delta) {
    long timeMs = millis(point.getTimeUnixNano());
    if (family == null || !timely(timeMs)) {
      refuseUnnamed(family);
      return;
    }
    int bounds = point.getExplicitBoundsCount();
    if (point.getBucketCountsCount() != 0 && point.getBucketCountsCount() != bounds + 1) {
      outcome.refuse(1, "histogram " + family.name() + " has " + point.getBucketCountsCount()
          + " buckets for " + bounds + " bounds, want one more than bounds");
      return;
    }
    var attributes = point.getAttributesList();
    long startMs = millis(point.getStartTimeUnixNano());
    boolean absent = (point.getFlags() & NO_RECORDED_VALUE) != 0;
    boolean asDelta = delta && !absent;
    double stale = SampleValues.STALE_NAN;
    long cumulative = 0;
    boolean complete = true;
    for (int i = 0; i < bounds; i++) {
      cumulative += point.getBucketCountsCount() == 0 ? 0 : point.getBucketCounts(i);
      int handle = series(family, metric, attributes, "_bucket", "le",
          plain(point.getExplicitBounds(i)));
      complete &= handle >= 0;
      if (handle >= 0) {
        put(handle, timeMs, startMs, absent ? stale : cumulative, asDelta);
      }
    }
    int infinite = series(family, metric, attributes, "_bucket", "le", "+Inf");
    int count = series(family, metric, attributes, "_count", "", "");
    complete &= infinite >= 0 && count >= 0;
    if (infinite >= 0) {
      put(infinite, timeMs, startMs, absent ? stale : point.getCount(), asDelta);
    }
    if (count >= 0) {
      put(count, timeMs, startMs, absent ? stale : point.getCount(), asDelta);
    }
    if (point.hasSum() || absent) {
      int sum = series(family, metric, attributes, "_sum", "", "");
      complete &= sum >= 0;
      if (sum >= 0) {
        put(sum, timeMs, startMs, absent ? stale : point.getSum(), asDelta);
      }
    }
    if (complete) {
      outcome.samples++;
      for (var exemplar : point.getExemplarsList()) {
        outcome.addExemplar(ExemplarDecoder.otlp(exemplar, labels(family, attributes, "_bucket",
            "le",
            bucket(point, exemplar.hasAsInt() ? exemplar.getAsInt() : exemplar.getAsDouble()))));
      }
    }
  }

  /** The bucket that counted a value, which is where its exemplar belongs. */
  private static String bucket(HistogramDataPoint point, double value) {
    for (double bound : point.getExplicitBoundsList()) {
      if (value <= bound) {
        return plain(bound);
      }
    }
    return "+Inf";
  }

  private void exponential(@Nullable Family family, Metric metric,
      ExponentialHistogramDataPoint point, boolean delta) {
    long timeMs = millis(point.getTimeUnixNano());
    if (family == null || !timely(timeMs)) {
      refuseUnnamed(family);
      return;
    }
    if (point.getScale() < MIN_SCALE) {
      outcome.refuse(1, "exponential histogram " + family.name() + " has scale " + point.getScale()
          + ", at least " + MIN_SCALE + " is stored");
      return;
    }
    boolean absent = (point.getFlags() & NO_RECORDED_VALUE) != 0;
    var histogram = absent ? NativeHistogram.stale() : toNative(point, delta);
    var reason = histogram.invalidReason();
    if (reason != null) {
      outcome.refuse(1, "exponential histogram " + family.name() + ": " + reason);
      return;
    }
    int handle = series(family, metric, point.getAttributesList(), "", "", "");
    if (handle < 0) {
      return;
    }
    newestMs = Math.max(newestMs, timeMs);
    long startMs = millis(point.getStartTimeUnixNano());
    if (delta && !absent) {
      request.delta(handle, startMs, timeMs, histogram);
    } else {
      request.histogram(handle, timeMs, startMs, histogram);
    }
    outcome.histograms++;
    for (var exemplar : point.getExemplarsList()) {
      outcome.addExemplar(
          ExemplarDecoder.otlp(exemplar, labels(family, point.getAttributesList(), "", "", "")));
    }
  }

  /** OpenTelemetry's bucket i is (base^i, base^(i+1)], ours (base^(i-1), base^i]. */
  private static NativeHistogram toNative(ExponentialHistogramDataPoint point, boolean delta) {
    int shift = Math.max(0, point.getScale() - NativeHistogram.MAX_SCHEMA);
    var positive = buckets(point.getPositive(), shift);
    var negative = buckets(point.getNegative(), shift);
    double threshold = point.getZeroThreshold() > 0
        ? point.getZeroThreshold()
        : DEFAULT_ZERO_THRESHOLD;
    return new NativeHistogram(true, delta ? ResetHint.GAUGE : ResetHint.UNKNOWN,
        Math.min(point.getScale(), NativeHistogram.MAX_SCHEMA), threshold, point.getZeroCount(),
        point.getCount(), point.hasSum() ? point.getSum() : 0,
        positive.isEmpty() ? NO_SPANS : BucketReduction.spansOf(positive),
        positive.isEmpty() ? NO_COUNTS : BucketReduction.countsOf(positive),
        negative.isEmpty() ? NO_SPANS : BucketReduction.spansOf(negative),
        negative.isEmpty() ? NO_COUNTS : BucketReduction.countsOf(negative), NO_BOUNDS);
  }

  private static TreeMap<Integer, Long> buckets(ExponentialHistogramDataPoint.Buckets of,
      int shift) {
    var buckets = new TreeMap<Integer, Long>();
    for (int i = 0; i < of.getBucketCountsCount(); i++) {
      long count = of.getBucketCounts(i);
      if (count != 0) {
        buckets.merge(BucketReduction.coarser(of.getOffset() + i + 1, shift), count, Long::sum);
      }
    }
    return buckets;
  }

  private void summary(@Nullable Family family, Metric metric, SummaryDataPoint point) {
    long timeMs = millis(point.getTimeUnixNano());
    if (family == null || !timely(timeMs)) {
      refuseUnnamed(family);
      return;
    }
    var attributes = point.getAttributesList();
    long startMs = millis(point.getStartTimeUnixNano());
    boolean absent = (point.getFlags() & NO_RECORDED_VALUE) != 0;
    double stale = SampleValues.STALE_NAN;
    int sum = series(family, metric, attributes, "_sum", "", "");
    int count = series(family, metric, attributes, "_count", "", "");
    boolean complete = sum >= 0 && count >= 0;
    if (sum >= 0) {
      put(sum, timeMs, startMs, absent ? stale : point.getSum(), false);
    }
    if (count >= 0) {
      put(count, timeMs, startMs, absent ? stale : point.getCount(), false);
    }
    for (var quantile : point.getQuantileValuesList()) {
      int handle = series(family, metric, attributes, "", "quantile",
          plain(quantile.getQuantile()));
      complete &= handle >= 0;
      if (handle >= 0) {
        put(handle, timeMs, startMs, absent ? stale : quantile.getValue(), false);
      }
    }
    if (complete) {
      outcome.samples++;
    }
  }

  private boolean timely(long timeMs) {
    if (timeMs < admission.minTimeMs(nowMs) || timeMs > admission.maxTimeMs(nowMs)) {
      outcome.refuse(1, admission.timeReason(timeMs, nowMs));
      return false;
    }
    return true;
  }

  /** A handle, or a negative number where the series was refused, which is then counted. */
  private int series(Family family, Metric metric, List<KeyValue> attributes, String suffix,
      String extraName, String extraValue) {
    startHash(metric.getName(), metric.getUnit(), metric.getDataCase().getNumber());
    hash.putString(family.name()).putString(suffix).putString(extraName).putString(extraValue);
    for (var attribute : attributes) {
      hash.putString(attribute.getKey());
      hashValue(attribute.getValue());
    }
    var key = hash.get();
    long high = key.getMostSignificantBits();
    long low = key.getLeastSignificantBits();
    int handle = request.find(high, low);
    if (handle != Intake.Request.UNKNOWN) {
      return noteDrop(handle);
    }
    return noteDrop(define(high, low, labels(family, attributes, suffix, extraName, extraValue),
        family.metadata(), 1));
  }

  private Labels labels(Family family, List<KeyValue> attributes, String suffix, String extraName,
      String extraValue) {
    var builder = new Labels.Builder();
    texts(attributes).forEach((name, value) -> put(builder, name, value));
    identify(builder);
    if (!extraName.isEmpty()) {
      builder.set(extraName, extraValue);
    }
    return builder.set(Labels.NAME, family.name() + suffix).build();
  }

  private int define(long high, long low, Labels labels, SeriesMetadata metadata, int points) {
    return registration.define(tenant, high, low, labels, metadata, points, request, outcome);
  }

  private int noteDrop(int handle) {
    if (handle <= Intake.Request.DROPPED) {
      outcome.drop(Intake.Request.DROPPED - handle, 1);
    }
    return handle;
  }

  private void startHash(String name, String unit, int kind) {
    hash.reset();
    hash.putByteArray(resourceBytes).putString(name).putString(unit).putInt(kind);
  }

  private void hashValue(AnyValue value) {
    switch (value.getValueCase()) {
      case STRING_VALUE -> hash.putInt(1).putString(value.getStringValue());
      case INT_VALUE -> hash.putInt(2).putLong(value.getIntValue());
      case BOOL_VALUE -> hash.putInt(3).putBoolean(value.getBoolValue());
      default -> hash.putInt(4).putByteArray(value.toByteArray());
    }
  }

  private void identify(Labels.Builder builder) {
    builder.set("job", identity.job()).set("instance", identity.instance());
  }

  /** Attributes whose names become equal share a label: their values are joined in the order of the names. */
  private static void put(Labels.Builder builder, String attribute, String value) {
    var name = OtlpNames.label(attribute);
    if (name.isEmpty() || name.equals(Labels.NAME) || value.isEmpty()) {
      return;
    }
    var there = builder.get(name);
    builder.set(name, there == null ? value : there + ";" + value);
  }

  /** Attributes as text, ascending by name; of a name given twice the first counts. */
  private static Map<String, String> texts(List<KeyValue> attributes) {
    var sorted = new TreeMap<String, String>();
    for (var attribute : attributes) {
      sorted.putIfAbsent(attribute.getKey(), text(attribute.getValue()));
    }
    return new LinkedHashMap<>(sorted);
  }

  private static String text(AnyValue value) {
    return switch (value.getValueCase()) {
      case STRING_VALUE -> value.getStringValue();
      case INT_VALUE -> Long.toString(value.getIntValue());
      case BOOL_VALUE -> Boolean.toString(value.getBoolValue());
      case DOUBLE_VALUE -> plain(value.getDoubleValue());
      case BYTES_VALUE -> Base64.getEncoder().encodeToString(value.getBytesValue().toByteArray());
      case ARRAY_VALUE -> value.getArrayValue()
          .getValuesList()
          .stream()
          .map(OtlpDecoder::quoted)
          .toList()
          .toString()
          .replace(", ", ",");
      case KVLIST_VALUE -> {
        var parts = new StringBuilder("{");
        for (var entry : value.getKvlistValue().getValuesList()) {
          parts.append(parts.length() > 1 ? "," : "")
              .append('"')
              .append(entry.getKey())
              .append("\":")
              .append(quoted(entry.getValue()));
        }
        yield parts.append('}').toString();
      }
      default -> "";
    };
  }

  private static String quoted(AnyValue value) {
    return value.hasStringValue()
        ? '"' + value.getStringValue().replace("\\", "\\\\").replace("\"", "\\\"") + '"'
        : text(value);
  }

  /** The shortest decimal text, without an exponent. */
  static String plain(double value) {
    if (Double.isInfinite(value)) {
      return value > 0 ? "+Inf" : "-Inf";
    }
    if (Double.isNaN(value)) {
      return "NaN";
    }
    var text = new BigDecimal(Double.toString(value)).stripTrailingZeros().toPlainString();
    return text.equals("0") ? "0" : text;
  }

  /** Unsigned nanoseconds since 1970 as milliseconds. */
  private static long millis(long nanos) {
    return Long.divideUnsigned(nanos, 1_000_000);
  }
}
