package io.throughline.app.telemetry;

import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.common.Attributes;
import io.opentelemetry.sdk.metrics.data.DoublePointData;
import io.opentelemetry.sdk.metrics.data.ExponentialHistogramBuckets;
import io.opentelemetry.sdk.metrics.data.ExponentialHistogramPointData;
import io.opentelemetry.sdk.metrics.data.LongPointData;
import io.opentelemetry.sdk.metrics.data.MetricData;
import io.opentelemetry.sdk.metrics.data.MetricDataType;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.TreeMap;

/**
 * Prometheus' text format 0.0.4. The format has no exponential histograms: their buckets are merged, exactly,
 * to powers of two, so the bounds of a metric are the same at each scrape.
 */
final class PrometheusText {
  private PrometheusText() {}

  static String write(Collection<MetricData> metrics) {
    var sorted = new ArrayList<>(metrics);
    sorted.sort(Comparator.comparing(MetricData::getName));
    var text = new StringBuilder(4_096);
    for (var metric : sorted) {
      write(metric, text);
    }
    return text.toString();
  }

  private static void write(MetricData metric, StringBuilder text) {
    boolean counter = metric.getType() == MetricDataType.LONG_SUM
        && metric.getLongSumData().isMonotonic()
        || metric.getType() == MetricDataType.DOUBLE_SUM && metric.getDoubleSumData().isMonotonic();
    boolean histogram = metric.getType() == MetricDataType.EXPONENTIAL_HISTOGRAM;
    var name = name(metric.getName(), metric.getUnit(), counter);
    text.append("# HELP ").append(name).append(' ');
    escape(metric.getDescription(), false, text);
    text.append("\n# TYPE ")
        .append(name)
        .append(histogram ? " histogram\n" : counter ? " counter\n" : " gauge\n");
    for (var point : metric.getData().getPoints()) {
      switch (point) {
        case LongPointData number ->
          line(text, name, point.getAttributes(), "", "" + number.getValue());
        case DoublePointData number ->
          line(text, name, point.getAttributes(), "", number(number.getValue()));
        case ExponentialHistogramPointData data -> histogram(text, name, data);
        default -> {
          // No meter of ours makes other kinds.
        }
      }
    }
  }

  private static void histogram(StringBuilder text, String name,
      ExponentialHistogramPointData data) {
    var byPower = new TreeMap<Integer, Long>();
    long below = data.getZeroCount();
    for (var negative : data.getNegativeBuckets().getBucketCounts()) {
      below += negative;
    }
    ExponentialHistogramBuckets buckets = data.getPositiveBuckets();
    int index = buckets.getOffset();
    for (long count : buckets.getBucketCounts()) {
      // Bucket i of scale s ends at 2^((i+1)·2^-s): the power of two at or above it.
      int power = data.getScale() >= 0
          ? Math.ceilDiv(index + 1, 1 << data.getScale())
          : index + 1 << -data.getScale();
      byPower.merge(power, count, Long::sum);
      index++;
    }
    long cumulative = below;
    for (var bucket : byPower.entrySet()) {
      cumulative += bucket.getValue();
      line(text, name + "_bucket", data.getAttributes(), number(Math.pow(2, bucket.getKey())),
          "" + cumulative);
    }
    line(text, name + "_bucket", data.getAttributes(), "+Inf", "" + data.getCount());
    line(text, name + "_sum", data.getAttributes(), "", number(data.getSum()));
    line(text, name + "_count", data.getAttributes(), "", "" + data.getCount());
  }

  private static void line(StringBuilder text, String name, Attributes attributes, String bound,
      String value) {
    text.append(name);
    char separator = '{';
    for (var entry : attributes.asMap().entrySet()) {
      AttributeKey<?> key = entry.getKey();
      text.append(separator).append(sanitize(key.getKey())).append("=\"");
      escape(String.valueOf(entry.getValue()), true, text);
      text.append('"');
      separator = ',';
    }
    if (!bound.isEmpty()) {
      text.append(separator).append("le=\"").append(bound).append('"');
      separator = ',';
    }
    text.append(separator == ',' ? "} " : " ").append(value).append('\n');
  }

  private static String number(double value) {
    return Double.isInfinite(value) ? value > 0 ? "+Inf" : "-Inf" : Double.toString(value);
  }

  /** The name under which our own OTLP door would store it. */
  private static String name(String name, String unit, boolean counter) {
    var base = sanitize(name);
    var suffix = unit.startsWith("{") ? "" : switch (unit) {
      case "s" -> "_seconds";
      case "By" -> "_bytes";
      case "1" -> counter ? "" : "_ratio";
      default -> "";
    };
    if (!base.endsWith(suffix)) {
      base += suffix;
    }
    return counter ? base + "_total" : base;
  }

  private static String sanitize(String name) {
    var text = new StringBuilder(name.length());
    for (int i = 0; i < name.length(); i++) {
      char c = name.charAt(i);
      boolean good = c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c == '_'
          || i > 0 && c >= '0' && c <= '9';
      text.append(good ? c : '_');
    }
    return text.toString();
  }

  private static void escape(String value, boolean quoted, StringBuilder text) {
    for (int i = 0; i < value.length(); i++) {
      char c = value.charAt(i);
      switch (c) {
        case '\\' -> text.append("\\\\");
        case '\n' -> text.append("\\n");
        case '"' -> text.append(quoted ? "\\\"" : "\"");
        default -> text.append(c);
      }
    }
  }
}
