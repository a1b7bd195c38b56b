package io.throughline.app.it;

import io.throughline.app.attach.WriteBody;
import io.throughline.model.NativeHistogram;
import io.throughline.model.NativeHistogram.ResetHint;
import java.io.IOException;
import java.util.Map;
import java.util.stream.LongStream;
import org.xerial.snappy.Snappy;

/** A body of Prometheus remote write 1.0, sample by sample. */
final class RemoteWrite {
  private final WriteBody request = new WriteBody();

  RemoteWrite sample(Map<String, String> labels, long timeMs, double value) {
    request.series(labels, new long[] {timeMs}, new double[] {value}, 1);
    return this;
  }

  /** A native histogram of schema 0 whose buckets, from index 0 on, hold the given counts. */
  RemoteWrite histogram(Map<String, String> labels, long timeMs, long[] counts, double sum) {
    request.histogram(labels, timeMs,
        new NativeHistogram(true, ResetHint.UNKNOWN, 0, 1e-9, 0, LongStream.of(counts).sum(), sum,
            new int[] {0, counts.length}, counts.clone(), new int[0], new long[0], new double[0]));
    return this;
  }

  byte[] body() {
    return request.compressed();
  }

  /** What was written so far, to which more of the like may be appended. */
  byte[] uncompressed() throws IOException {
    return Snappy.uncompress(body());
  }
}
