package io.throughline.query.api;

import io.throughline.model.Labels;
import io.throughline.model.NativeHistogram;
import io.throughline.model.NativeHistogram.ResetHint;
import io.throughline.model.SampleValues;
import io.throughline.query.api.ReplyStream.Success;
import io.throughline.query.promql.Numbers;
import io.throughline.query.promql.Strings;
import io.throughline.store.Need;
import io.throughline.store.SampleBuffer;
import io.throughline.store.Snapshot;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.Locale;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * {@code /federate}: the newest sample of each series that matches, with its time, as Prometheus shows it: none that is
 * stale, and a series without an instance has an empty one, lest the scraper's be put there. As text, or as protobuf
 * where the client asks for that; native histograms are in the latter alone, as the text form has no
 * place for them, and those with custom bounds in neither.
 *
 * <pre>
 * protobuf: per metric name, and kind of value, a varint of length and a MetricFamily
 *   1 name, 3 type (3 untyped, 4 histogram, 5 gauge histogram), 4 metric:
 *     1 label {1 name, 2 value}, 5 untyped {1 value}, 6 time in ms, 7 histogram:
 *       2 sum, 4 count, 5 schema, 6 zero threshold, 8 zero count,
 *       9 negative spans {1 offset, 2 length}, 11 negative counts, 12 positive spans, 14 positive counts
 * </pre>
 */
final class Federation {

  private static final String INSTANCE = "instance";
  private static final int UNTYPED = 3;
  private static final int HISTOGRAM = 4;
  private static final int GAUGE_HISTOGRAM = 5;

  /** A series' newest sample: a float, or a histogram. */
  private record Newest(Labels labels, long timeMs, double value,
      @Nullable NativeHistogram histogram) {

    int type() {
      return histogram == null
          ? UNTYPED
          : histogram.resetHint() == ResetHint.GAUGE ? GAUGE_HISTOGRAM : HISTOGRAM;
    }
  }

  void federate(Call call) {
    var selectors = SeriesEndpoints.selectors(call);
    if (selectors.isEmpty()) {
      throw ApiFailure.badData("no match[] parameter provided");
    }
    long now = call.clock().millis();
    long from = now - call.settings().lookback().toMillis() + 1;
    var found = new TreeMap<Labels, Newest>(
        Comparator.comparing(Labels::metricName).thenComparing(Comparator.naturalOrder()));
    var buffer = new SampleBuffer();
    var budget = call.budget();
    try (var snapshot = call.snapshot(new ArrayList<>())) {
      for (var matchers : selectors) {
        var selected = call.source(snapshot).select(matchers, from, now, budget.seriesLeft());
        budget.addSeries(selected.size());
        for (var series : selected) {
          budget.check();
          series.readNeeded(Need.LAST, from, now, buffer);
          budget.addSamples(buffer.size() + (long) buffer.leftOut());
          add(series, buffer, found);
        }
      }
    }
    if (wantsProtobuf(call.accept())) {
      call.announce().accept(Success.FAMILIES);
      families(call.out(), found.values());
    } else {
      text(call.out(), found.values());
    }
  }

  /** As Prometheus reads the header: one of its parts names the type, the message and how messages are parted. */
  private static boolean wantsProtobuf(String accept) {
    return Arrays.stream(accept.toLowerCase(Locale.ROOT).split(","))
        .map(part -> part.replace(" ", ""))
        .anyMatch(part -> part.startsWith("application/vnd.google.protobuf")
            && part.contains(";proto=io.prometheus.client.metricfamily")
            && part.contains(";encoding=delimited"));
  }

  private static void add(Snapshot.Series series, SampleBuffer buffer,
      TreeMap<Labels, Newest> into) {
    int last = buffer.size() - 1;
    if (last < 0) {
      return;
    }
    var histogram = buffer.histogram(last);
    double value = buffer.values()[last];
    if (histogram == null ? !SampleValues.isStale(value) : !histogram.isStale()) {
      into.put(series.labels(),
          new Newest(series.labels(), buffer.times()[last], value, histogram));
    }
  }

  private static void text(JsonOut out, Iterable<Newest> all) {
    String name = "";
    for (var one : all) {
      if (one.histogram() != null) {
        continue;
      }
      if (!one.labels().metricName().equals(name)) {
        name = one.labels().metricName();
        out.raw("# TYPE ").text(quoted(name)).raw(" untyped\n");
      }
      line(out, one);
    }
  }

  private static String quoted(String name) {
    return Strings.isPlainMetricName(name) ? name : Strings.quote(name);
  }

  private static void line(JsonOut out, Newest one) {
    var name = one.labels().metricName();
    boolean plain = Strings.isPlainMetricName(name);
    var text = new StringBuilder(plain ? name : "").append('{');
    if (!plain && !name.isEmpty()) {
      text.append(Strings.quote(name));
    }
    one.labels().forEach((label, value) -> {
      if (!label.equals(Labels.NAME)) {
        label(text, label, value);
      }
    });
    if (one.labels().get(INSTANCE) == null) {
      label(text, INSTANCE, "");
    }
    out.text(text.append("} ").append(Numbers.format(one.value())).toString());
    out.raw(" ").whole(one.timeMs()).raw("\n");
  }

  private static void label(StringBuilder text, String name, String value) {
    text.append(text.charAt(text.length() - 1) == '{' ? "" : ",")
        .append(Strings.isPlainLabelName(name) ? name : Strings.quote(name))
        .append("=\"")
        .append(value.replace("\\", "\\\\").replace("\"", "\\\"").replace("\n", "\\n"))
        .append('"');
  }

  private static void families(JsonOut out, Iterable<Newest> all) {
    var family = new ProtoOut();
    var length = new ProtoOut();
    String name = "";
    int type = -1;
    for (var one : all) {
      if (one.histogram() != null && one.histogram().customBounds().length > 0) {
        continue;
      }
      if (type != one.type() || !one.labels().metricName().equals(name)) {
        send(family, length, out);
        name = one.labels().metricName();
        type = one.type();
        family.text(1, name).number(3, type);
      }
      family.message(4, metric(one));
    }
    send(family, length, out);
  }

  private static void send(ProtoOut family, ProtoOut length, JsonOut out) {
    if (family.size() > 0) {
      length.clear();
      length.varint(family.size());
      out.bytes(length.bytes(), length.size());
      out.bytes(family.bytes(), family.size());
      family.clear();
    }
  }

  private static ProtoOut metric(Newest one) {
    var metric = new ProtoOut();
    one.labels().forEach((name, value) -> {
      if (!name.equals(Labels.NAME)) {
        metric.message(1, new ProtoOut().text(1, name).text(2, value));
      }
    });
    if (one.labels().get(INSTANCE) == null) {
      metric.message(1, new ProtoOut().text(1, INSTANCE).text(2, ""));
    }
    var histogram = one.histogram();
    return histogram == null
        ? metric.message(5, new ProtoOut().real(1, one.value())).number(6, one.timeMs())
        : metric.number(6, one.timeMs()).message(7, histogram(histogram));
  }

  private static ProtoOut histogram(NativeHistogram h) {
    var out = new ProtoOut().real(2, h.sum()).real(4, h.count()).signed(5, h.schema());
    out.real(6, h.zeroThreshold()).real(8, h.zeroCount());
    RemoteRead.spans(h.negativeSpans(), 9, out);
    for (int i = 0; i < h.negativeCountBits().length; i++) {
      out.real(11, h.negativeCount(i));
    }
    RemoteRead.spans(h.positiveSpans(), 12, out);
    for (int i = 0; i < h.positiveCountBits().length; i++) {
      out.real(14, h.positiveCount(i));
    }
    return out;
  }
}
