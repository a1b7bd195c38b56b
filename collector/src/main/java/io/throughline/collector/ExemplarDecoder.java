package io.throughline.collector;

import io.throughline.model.Exemplar;
import io.throughline.model.Labels;
import java.util.HexFormat;
import java.util.function.LongFunction;
import org.jspecify.annotations.Nullable;

/** Exemplars as the doors meet them. What has too long labels is none. */
final class ExemplarDecoder {
  private static final HexFormat HEX = HexFormat.of();
  private static final long NANOS_PER_MS = 1_000_000;

  private ExemplarDecoder() {}

  /**
   * The exemplar that a cursor stands before: {@code labels = 1, value = 2, timestamp = 3} in both versions.
   *
   * @param symbols what a reference of version 2.0 means, null in 1.0, where labels are written out
   */
  static @Nullable Exemplar remoteWrite(ProtoCursor cursor, Labels series,
      @Nullable LongFunction<String> symbols) {
    int length = cursor.length();
    var in = new ProtoCursor();
    in.reset(cursor.bytes, cursor.position, cursor.position + length);
    cursor.position += length;
    var labels = new Labels.Builder();
    double value = 0;
    long timeMs = 0;
    while (in.hasMore()) {
      int tag = in.tag();
      switch (tag) {
        case 1 << 3 | ProtoCursor.BYTES -> {
          if (symbols == null) {
            label(in, labels);
          } else {
            references(in, symbols, labels);
          }
        }
        case 2 << 3 | ProtoCursor.FIXED64 -> value = Double.longBitsToDouble(in.fixed64());
        case 3 << 3 -> timeMs = in.varint();
        default -> in.skip(tag & 7);
      }
    }
    return unlessLong(new Exemplar(series, labels.build(), timeMs, value));
  }

  private static void label(ProtoCursor in, Labels.Builder into) {
    int length = in.length();
    int end = in.position + length;
    var name = "";
    var value = "";
    while (in.position < end) {
      int field = in.tag();
      switch (field) {
        case 1 << 3 | ProtoCursor.BYTES -> name = in.text();
        case 2 << 3 | ProtoCursor.BYTES -> value = in.text();
        default -> in.skip(field & 7);
      }
    }
    into.set(name, value);
  }

  private static void references(ProtoCursor in, LongFunction<String> symbols,
      Labels.Builder into) {
    int length = in.length();
    int end = in.position + length;
    while (in.position < end) {
      var name = symbols.apply(in.varint());
      into.set(name, in.position < end ? symbols.apply(in.varint()) : "");
    }
  }

  /** With the ids of trace and span as hexadecimal, and of the attributes as many as fit. */
  static @Nullable Exemplar otlp(io.opentelemetry.proto.metrics.v1.Exemplar of, Labels series) {
    var labels = new Labels.Builder();
    if (!of.getTraceId().isEmpty()) {
      labels.set("trace_id", HEX.formatHex(of.getTraceId().toByteArray()));
    }
    if (!of.getSpanId().isEmpty()) {
      labels.set("span_id", HEX.formatHex(of.getSpanId().toByteArray()));
    }
    double value = of.hasAsInt() ? of.getAsInt() : of.getAsDouble();
    var exemplar = new Exemplar(series, labels.build(), of.getTimeUnixNano() / NANOS_PER_MS, value);
    for (var attribute : of.getFilteredAttributesList()) {
      var name = OtlpNames.label(attribute.getKey());
      var text = attribute.getValue().getStringValue();
      if (name.isEmpty() || text.isEmpty() || exemplar.labels().get(name) != null) {
        continue;
      }
      var longer = new Exemplar(series, exemplar.labels().toBuilder().set(name, text).build(),
          exemplar.timeMs(), value);
      exemplar = longer.isShort() ? longer : exemplar;
    }
    return unlessLong(exemplar);
  }

  private static @Nullable Exemplar unlessLong(Exemplar exemplar) {
    return exemplar.isShort() ? exemplar : null;
  }
}
