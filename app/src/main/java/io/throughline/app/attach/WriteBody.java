package io.throughline.app.attach;

import com.google.protobuf.CodedOutputStream;
import io.throughline.model.NativeHistogram;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Map;
import java.util.TreeMap;
import org.xerial.snappy.Snappy;

/** One body of Prometheus remote write 1.0, by its field numbers. Not thread-safe. */
public final class WriteBody {
  private final ByteArrayOutputStream request = new ByteArrayOutputStream();
  private int samples;

  private interface Fields {
    void write(CodedOutputStream out) throws IOException;
  }

  public int samples() {
    return samples;
  }

  /** Adds a series; both arrays are as long as {@code count} or longer, times ascend. */
  public void series(Map<String, String> labels, long[] timesMs, double[] values, int count) {
    var series = message(out -> {
      labels(out, labels);
      for (int i = 0; i < count; i++) {
        double value = values[i];
        long time = timesMs[i];
        out.writeByteArray(2, message(sample -> {
          sample.writeDouble(1, value);
          sample.writeInt64(2, time);
        }));
      }
    });
    request.writeBytes(message(out -> out.writeByteArray(1, series)));
    samples += count;
  }

  /** Adds one native histogram. */
  public void histogram(Map<String, String> labels, long timeMs, NativeHistogram histogram) {
    var series = message(out -> {
      labels(out, labels);
      out.writeByteArray(4, message(field -> histogram(field, timeMs, histogram)));
    });
    request.writeBytes(message(out -> out.writeByteArray(1, series)));
    samples++;
  }

  private static void histogram(CodedOutputStream out, long timeMs, NativeHistogram histogram)
      throws IOException {
    boolean whole = histogram.isInteger();
    if (whole) {
      out.writeUInt64(1, histogram.countBits());
    } else {
      out.writeDouble(2, Double.longBitsToDouble(histogram.countBits()));
    }
    out.writeDouble(3, histogram.sum());
    out.writeSInt32(4, histogram.schema());
    out.writeDouble(5, histogram.zeroThreshold());
    if (whole) {
      out.writeUInt64(6, histogram.zeroCountBits());
    } else {
      out.writeDouble(7, Double.longBitsToDouble(histogram.zeroCountBits()));
    }
    side(out, 8, histogram.negativeSpans(), histogram.negativeCountBits(), whole);
    side(out, 11, histogram.positiveSpans(), histogram.positiveCountBits(), whole);
    out.writeEnum(14, switch (histogram.resetHint()) {
      case UNKNOWN -> 0;
      case RESET -> 1;
      case NOT_RESET -> 2;
      case GAUGE -> 3;
    });
    out.writeInt64(15, timeMs);
    if (histogram.customBounds().length > 0) {
      out.writeByteArray(16, message(bounds -> {
        for (double bound : histogram.customBounds()) {
          bounds.writeDoubleNoTag(bound);
        }
      }));
    }
  }

  /** Spans, then whole counts as differences to the one before, or fractional ones as they are. */
  private static void side(CodedOutputStream out, int field, int[] spans, long[] counts,
      boolean whole) throws IOException {
    for (int i = 0; i < spans.length; i += 2) {
      int offset = spans[i];
      int length = spans[i + 1];
      out.writeByteArray(field, message(span -> {
        span.writeSInt32(1, offset);
        span.writeUInt32(2, length);
      }));
    }
    if (counts.length > 0) {
      out.writeByteArray(field + (whole ? 1 : 2), message(packed -> {
        long before = 0;
        for (long count : counts) {
          if (whole) {
            packed.writeSInt64NoTag(count - before);
            before = count;
          } else {
            packed.writeDoubleNoTag(Double.longBitsToDouble(count));
          }
        }
      }));
    }
  }

  private static void labels(CodedOutputStream out, Map<String, String> labels) throws IOException {
    for (var label : new TreeMap<>(labels).entrySet()) {
      out.writeByteArray(1, message(pair -> {
        pair.writeString(1, label.getKey());
        pair.writeString(2, label.getValue());
      }));
    }
  }

  /** Adds what a metric is. */
  public void metadata(String metric, String type, String help, String unit) {
    int code = switch (type) {
      case "counter" -> 1;
      case "gauge" -> 2;
      case "histogram" -> 3;
      case "gaugehistogram" -> 4;
      case "summary" -> 5;
      case "info" -> 6;
      case "stateset" -> 7;
      default -> 0;
    };
    var metadata = message(out -> {
      out.writeEnum(1, code);
      out.writeString(2, metric);
      out.writeString(4, help);
      out.writeString(5, unit);
    });
    request.writeBytes(message(out -> out.writeByteArray(3, metadata)));
  }

  /** The body, compressed by snappy's block form. */
  public byte[] compressed() {
    try {
      return Snappy.compress(request.toByteArray());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static byte[] message(Fields fields) {
    var bytes = new ByteArrayOutputStream();
    var out = CodedOutputStream.newInstance(bytes);
    try {
      fields.write(out);
      out.flush();
    } catch (IOException e) {
      throw new UncheckedIOException(e); // Memory does not fail to take bytes.
    }
    return bytes.toByteArray();
  }
}
