package io.throughline.collector;

import com.google.protobuf.CodedOutputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.xerial.snappy.Snappy;

/** Remote write bodies, field by field. */
final class WriteBodies {

  private WriteBodies() {}

  /** Writes fields of a message. */
  interface Fields {
    void write(CodedOutputStream out) throws IOException;
  }

  static byte[] message(Fields fields) {
    try {
      var bytes = new ByteArrayOutputStream();
      var out = CodedOutputStream.newInstance(bytes);
      fields.write(out);
      out.flush();
      return bytes.toByteArray();
    } catch (IOException impossible) {
      throw new UncheckedIOException(impossible);
    }
  }

  static byte[] snappy(byte[] body) {
    try {
      return Snappy.compress(body);
    } catch (IOException impossible) {
      throw new UncheckedIOException(impossible);
    }
  }

  /** One float sample of one series, labels as alternating names and values. */
  static byte[] seriesV1(long timeMs, double value, String... labels) {
    return message(out -> {
      for (int i = 0; i < labels.length; i += 2) {
        int at = i;
        out.writeByteArray(1, message(label -> {
          label.writeString(1, labels[at]);
          label.writeString(2, labels[at + 1]);
        }));
      }
      out.writeByteArray(2, sample(timeMs, value));
    });
  }

  static byte[] sample(long timeMs, double value) {
    return message(out -> {
      out.writeFixed64(1, Double.doubleToRawLongBits(value));
      out.writeInt64(2, timeMs);
    });
  }

  static byte[] requestV1(byte[]... series) {
    return message(out -> {
      for (var one : series) {
        out.writeByteArray(1, one);
      }
    });
  }

  /** A whole-count histogram with two positive buckets, as both versions write it. */
  static byte[] histogram(long timeMs, long startMs) {
    return message(out -> {
      out.writeUInt64(1, 4);
      out.writeDouble(3, 7.5);
      out.writeSInt32(4, 3);
      out.writeDouble(5, 0.001);
      out.writeUInt64(6, 1);
      out.writeByteArray(11, message(span -> {
        span.writeSInt32(1, -2);
        span.writeUInt32(2, 2);
      }));
      out.writeByteArray(12, message(deltas -> {
        deltas.writeSInt64NoTag(1);
        deltas.writeSInt64NoTag(1);
      }));
      out.writeInt64(15, timeMs);
      if (startMs != 0) {
        out.writeInt64(17, startMs);
      }
    });
  }

  /** A 2.0 request of one series with a sample, a histogram and metadata. */
  static byte[] requestV2(long timeMs, long startMs, String... labels) {
    List<String> symbols = new ArrayList<>(List.of(""));
    var references = message(out -> {
      for (var label : labels) {
        symbols.add(label);
        out.writeUInt32NoTag(symbols.size() - 1);
      }
    });
    symbols.add("a help");
    symbols.add("seconds");
    return message(out -> {
      for (var symbol : symbols) {
        out.writeByteArray(4, symbol.getBytes(StandardCharsets.UTF_8));
      }
      out.writeByteArray(5, message(series -> {
        series.writeByteArray(1, references);
        series.writeByteArray(2, message(sample -> {
          sample.writeFixed64(1, Double.doubleToRawLongBits(1.5));
          sample.writeInt64(2, timeMs);
          sample.writeInt64(3, startMs);
        }));
        series.writeByteArray(3, histogram(timeMs + 1, startMs));
        series.writeByteArray(5, message(metadata -> {
          metadata.writeEnum(1, 1);
          metadata.writeUInt32(3, symbols.size() - 2);
          metadata.writeUInt32(4, symbols.size() - 1);
        }));
      }));
    });
  }
}
