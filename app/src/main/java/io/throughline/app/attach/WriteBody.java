package io.throughline.app.attach;

import com.google.protobuf.CodedOutputStream;
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

  int samples() {
    return samples;
  }

  /** Adds a series; both arrays are as long as {@code count} or longer, times ascend. */
  public void series(Map<String, String> labels, long[] timesMs, double[] values, int count) {
    var series = message(out -> {
      for (var label : new TreeMap<>(labels).entrySet()) {
        out.writeByteArray(1, message(pair -> {
          pair.writeString(1, label.getKey());
          pair.writeString(2, label.getValue());
        }));
      }
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

  /** Adds what a metric is. */
  void metadata(String metric, String type, String help, String unit) {
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
