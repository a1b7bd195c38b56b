package io.throughline.collector;

import io.throughline.model.NativeHistogram;
import io.throughline.model.NativeHistogram.ResetHint;
import java.util.Arrays;

/**
 * Native histograms of remote write, the same message in 1.0 and 2.0 (which adds a start timestamp). Which
 * count field is present decides between whole and fractional counts, not its value. Schemas 9 to 52 are
 * valid in the protocol and have more buckets than anyone keeps: they are reduced to {@value
 * NativeHistogram#MAX_SCHEMA}. Reused; not thread-safe.
 */
final class HistogramDecoder {
  private static final int MAX_BUCKETS = 16_384;
  private static final int MAX_WIRE_SCHEMA = 52;
  private static final int[] NO_SPANS = {};

  private final Longs positive = new Longs();
  private final Longs negative = new Longs();
  private final Longs positiveSpans = new Longs();
  private final Longs negativeSpans = new Longs();
  private final Longs bounds = new Longs();
  private long timeMs;
  private long startMs;

  /** A growing list of numbers. */
  private static final class Longs {
    long[] values = new long[64];
    int size;

    void add(long value) {
      if (size == values.length) {
        values = Arrays.copyOf(values, size * 2);
      }
      values[size++] = value;
    }

    long[] toArray() {
      return Arrays.copyOf(values, size);
    }
  }

  long timeMs() {
    return timeMs;
  }

  long startMs() {
    return startMs;
  }

  /** Reads the message that {@code in} is bounded to. Whether it is sensible, {@code invalidReason} says. */
  NativeHistogram read(ProtoCursor in) {
    for (var list : new Longs[] {positive, negative, positiveSpans, negativeSpans, bounds}) {
      list.size = 0;
    }
    timeMs = 0;
    startMs = 0;
    boolean whole = true;
    long countBits = 0;
    long zeroCountBits = 0;
    boolean zeroWhole = true;
    double sum = 0;
    double zeroThreshold = 0;
    int schema = 0;
    int hint = 0;
    while (in.hasMore()) {
      int tag = in.tag();
      int wire = tag & 7;
      switch (tag >>> 3) {
        case 1 -> countBits = varint(in, wire, "count_int");
        case 2 -> {
          countBits = fixed(in, wire, "count_float");
          whole = false;
        }
        case 3 -> sum = Double.longBitsToDouble(fixed(in, wire, "sum"));
        case 4 -> {
          in.expect(wire, ProtoCursor.VARINT, "schema");
          schema = (int) in.zigzag();
        }
        case 5 -> zeroThreshold = Double.longBitsToDouble(fixed(in, wire, "zero_threshold"));
        case 6 -> zeroCountBits = varint(in, wire, "zero_count_int");
        case 7 -> {
          zeroCountBits = fixed(in, wire, "zero_count_float");
          zeroWhole = false;
        }
        case 8 -> span(in, wire, negativeSpans);
        case 9 -> deltas(in, wire, negative);
        case 10 -> doubles(in, wire, negative);
        case 11 -> span(in, wire, positiveSpans);
        case 12 -> deltas(in, wire, positive);
        case 13 -> doubles(in, wire, positive);
        case 14 -> hint = (int) varint(in, wire, "reset_hint");
        case 15 -> timeMs = varint(in, wire, "timestamp");
        case 16 -> doubles(in, wire, bounds);
        case 17 -> startMs = varint(in, wire, "start_timestamp");
        default -> in.skip(wire);
      }
    }
    if (!whole && zeroWhole) {
      zeroCountBits = Double.doubleToRawLongBits((double) zeroCountBits);
    }
    var customBounds = new double[bounds.size];
    for (int i = 0; i < bounds.size; i++) {
      customBounds[i] = Double.longBitsToDouble(bounds.values[i]);
    }
    var histogram = new NativeHistogram(whole, ResetHint.ofCode(hint), schema, zeroThreshold,
        zeroCountBits, countBits, sum, spans(positiveSpans), counts(positive, whole),
        spans(negativeSpans), counts(negative, whole), customBounds);
    return schema > NativeHistogram.MAX_SCHEMA && schema <= MAX_WIRE_SCHEMA
        ? BucketReduction.toMaxSchema(histogram)
        : histogram;
  }

  private static long varint(ProtoCursor in, int wire, String field) {
    in.expect(wire, ProtoCursor.VARINT, field);
    return in.varint();
  }

  private static long fixed(ProtoCursor in, int wire, String field) {
    in.expect(wire, ProtoCursor.FIXED64, field);
    return in.fixed64();
  }

  private static void span(ProtoCursor in, int wire, Longs into) {
    in.expect(wire, ProtoCursor.BYTES, "spans");
    int end = in.length() + in.position;
    int outer = in.end;
    in.end = end;
    long offset = 0;
    long length = 0;
    while (in.hasMore()) {
      int tag = in.tag();
      switch (tag) {
        case 1 << 3 -> offset = in.zigzag();
        case 2 << 3 -> length = in.varint();
        default -> in.skip(tag & 7);
      }
    }
    in.end = outer;
    if (offset != (int) offset || length < 0 || length > MAX_BUCKETS
        || into.size > 2 * MAX_BUCKETS) {
      throw in.malformed("a span of offset " + offset + " and length " + length);
    }
    into.add(offset);
    into.add(length);
  }

  private static void deltas(ProtoCursor in, int wire, Longs into) {
    if (wire == ProtoCursor.VARINT) {
      into.add(in.zigzag());
      return;
    }
    in.expect(wire, ProtoCursor.BYTES, "deltas");
    int end = in.length() + in.position;
    while (in.position < end) {
      bound(in, into);
      into.add(in.zigzag());
    }
  }

  private static void doubles(ProtoCursor in, int wire, Longs into) {
    if (wire == ProtoCursor.FIXED64) {
      into.add(in.fixed64());
      return;
    }
    in.expect(wire, ProtoCursor.BYTES, "counts");
    int end = in.length() + in.position;
    while (in.position < end) {
      bound(in, into);
      into.add(in.fixed64());
    }
  }

  private static void bound(ProtoCursor in, Longs into) {
    if (into.size >= MAX_BUCKETS) {
      throw in.malformed("a histogram of more than " + MAX_BUCKETS + " buckets");
    }
  }

  private static int[] spans(Longs list) {
    if (list.size == 0) {
      return NO_SPANS;
    }
    var spans = new int[list.size];
    for (int i = 0; i < spans.length; i++) {
      spans[i] = (int) list.values[i];
    }
    return spans;
  }

  /** Whole counts come as differences to the bucket before, fractional ones as they are. */
  private static long[] counts(Longs list, boolean whole) {
    var counts = list.toArray();
    for (int i = 1; whole && i < counts.length; i++) {
      counts[i] += counts[i - 1];
    }
    return counts;
  }
}
