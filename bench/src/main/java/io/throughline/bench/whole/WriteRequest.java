package io.throughline.bench.whole;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import org.xerial.snappy.Snappy;

/** Bodies of Prometheus remote write 1.0, by its field numbers. A sample costs no more than its bytes. */
final class WriteRequest {
  private static final int BYTES = 2;
  private static final int FIXED64 = 1;

  private final ByteArrayOutputStream request = new ByteArrayOutputStream();

  /** Label names and values in turn, in ascending order of names, as a series' message begins. */
  static byte[] labels(String... namesAndValues) {
    var out = new ByteArrayOutputStream();
    for (int i = 0; i < namesAndValues.length; i += 2) {
      var pair = new ByteArrayOutputStream();
      bytes(pair, 1, namesAndValues[i].getBytes(StandardCharsets.UTF_8));
      bytes(pair, 2, namesAndValues[i + 1].getBytes(StandardCharsets.UTF_8));
      bytes(out, 1, pair.toByteArray());
    }
    return out.toByteArray();
  }

  /** Adds one sample of a series; {@code labels} of {@link #labels}. */
  void sample(byte[] labels, long timeMs, double value) {
    var sample = new ByteArrayOutputStream(20);
    sample.write(1 << 3 | FIXED64);
    long bits = Double.doubleToRawLongBits(value);
    for (int shift = 0; shift < 64; shift += 8) {
      sample.write((int) (bits >>> shift));
    }
    sample.write(2 << 3);
    varint(sample, timeMs);
    request.write(1 << 3 | BYTES);
    varint(request, labels.length + 2 + sample.size());
    request.writeBytes(labels);
    bytes(request, 2, sample.toByteArray());
  }

  byte[] body() throws IOException {
    return Snappy.compress(request.toByteArray());
  }

  private static void bytes(ByteArrayOutputStream out, int field, byte[] content) {
    out.write(field << 3 | BYTES);
    varint(out, content.length);
    out.writeBytes(content);
  }

  private static void varint(ByteArrayOutputStream out, long value) {
    long rest = value;
    while ((rest & ~0x7fL) != 0) {
      out.write((int) rest & 0x7f | 0x80);
      rest >>>= 7;
    }
    out.write((int) rest);
  }
}
