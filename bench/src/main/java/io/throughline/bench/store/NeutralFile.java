package io.throughline.bench.store;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.throughline.model.Labels;
import java.io.BufferedInputStream;
import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;
import java.util.zip.GZIPInputStream;

/**
 * Series in the benchmark kit's neutral format: gzip of "NTS1", a varint number of series, and per series
 * a varint length and its labels as a JSON object, a varint number of samples, as many zigzag varints of
 * differences of differences of times in ms, then 8 planes of bytes, most significant first, of the
 * values' bits XOR the bits before.
 */
public final class NeutralFile {
  public record Series(Labels labels, long[] times, long[] bits) {}

  private NeutralFile() {}

  public static List<Series> read(Path file) throws IOException {
    var json = new ObjectMapper();
    var all = new ArrayList<Series>();
    try (var in = new DataInputStream(new BufferedInputStream(
        new GZIPInputStream(Files.newInputStream(file), 1 << 16), 1 << 16))) {
      if (in.readInt() != 0x4E545331) {
        throw new IOException(file + " does not start with NTS1");
      }
      long count = varint(in);
      for (long i = 0; i < count; i++) {
        var labels = new TreeMap<String, String>();
        json.readTree(in.readNBytes((int) varint(in)))
            .properties()
            .forEach(pair -> labels.put(pair.getKey(), pair.getValue().asText()));
        int size = (int) varint(in);
        var times = new long[size];
        var bits = new long[size];
        long time = 0;
        long step = 0;
        for (int k = 0; k < size; k++) {
          long zigzag = varint(in);
          step += (zigzag >>> 1) ^ -(zigzag & 1);
          time += step;
          times[k] = time;
        }
        var planes = in.readNBytes(8 * size);
        long before = 0;
        for (int k = 0; k < size; k++) {
          long xor = 0;
          for (int plane = 0; plane < 8; plane++) {
            xor = xor << 8 | planes[plane * size + k] & 0xff;
          }
          before ^= xor;
          bits[k] = before;
        }
        all.add(new Series(Labels.of(labels), times, bits));
      }
    }
    return all;
  }

  private static long varint(DataInputStream in) throws IOException {
    long value = 0;
    for (int shift = 0; shift < 64; shift += 7) {
      int next = in.read();
      if (next < 0) {
        throw new EOFException("a varint does not end");
      }
      value |= (next & 0x7fL) << shift;
      if (next < 128) {
        return value;
      }
    }
    throw new IOException("a varint is longer than 64 bits");
  }
}
