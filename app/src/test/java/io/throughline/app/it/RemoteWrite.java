package io.throughline.app.it;

import com.google.protobuf.CodedOutputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Map;
import java.util.TreeMap;
import org.xerial.snappy.Snappy;

/** Writes bodies of Prometheus remote write 1.0, by its field numbers. */
final class RemoteWrite {
  private final ByteArrayOutputStream request = new ByteArrayOutputStream();

  private interface Fields {
    void write(CodedOutputStream out) throws IOException;
  }

  RemoteWrite sample(Map<String, String> labels, long timeMs, double value) {
    return series(labels, out -> out.writeByteArray(2, message(sample -> {
      sample.writeDouble(1, value);
      sample.writeInt64(2, timeMs);
    })));
  }

  /** A native histogram of schema 0 whose buckets, from index 0 on, hold the given counts. */
  RemoteWrite histogram(Map<String, String> labels, long timeMs, long[] counts, double sum) {
    long total = 0;
    for (long count : counts) {
      total += count;
    }
    long all = total;
    return series(labels, out -> out.writeByteArray(4, message(histogram -> {
      histogram.writeUInt64(1, all);
      histogram.writeDouble(3, sum);
      histogram.writeSInt32(4, 0);
      histogram.writeDouble(5, 1e-9);
      histogram.writeUInt64(6, 0);
      histogram.writeByteArray(11, message(span -> {
        span.writeSInt32(1, 0);
        span.writeUInt32(2, counts.length);
      }));
      histogram.writeByteArray(12, message(deltas -> {
        long previous = 0;
        for (long count : counts) {
          deltas.writeSInt64NoTag(count - previous);
          previous = count;
        }
      }));
      histogram.writeInt64(15, timeMs);
    })));
  }

  private RemoteWrite series(Map<String, String> labels, Fields samples) {
    var series = message(out -> {
      for (var label : new TreeMap<>(labels).entrySet()) {
        out.writeByteArray(1, message(pair -> {
          pair.writeString(1, label.getKey());
          pair.writeString(2, label.getValue());
        }));
      }
      samples.write(out);
    });
    request.writeBytes(message(out -> out.writeByteArray(1, series)));
    return this;
  }

  /** What was written so far, to which more of the like may be appended. */
  byte[] uncompressed() {
    return request.toByteArray();
  }

  byte[] body() {
    return compressed(uncompressed());
  }

  static byte[] compressed(byte[] request) {
    try {
      return Snappy.compress(request);
    } catch (IOException failed) {
      throw new UncheckedIOException(failed);
    }
  }

  private static byte[] message(Fields fields) {
    var bytes = new ByteArrayOutputStream();
    var out = CodedOutputStream.newInstance(bytes);
    try {
      fields.write(out);
      out.flush();
    } catch (IOException failed) {
      throw new UncheckedIOException(failed);
    }
    return bytes.toByteArray();
  }
}
