package io.throughline.app.it;

import com.google.protobuf.CodedOutputStream;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;
import org.xerial.snappy.Snappy;

/**
 * One sender of remote write: a request after the other, each with a new sample for every series of its three
 * targets and, for some, another value at an old timestamp. It numbers the values it ever sent for a series
 * and timestamp, and knows which of them was acknowledged last and which one's fate is not known.
 *
 * <p>Steps are a ring, so a long run writes all over again what it wrote.
 */
final class WriteLane {
  static final int TARGETS = 3;
  private static final int FLOATS = 200;
  private static final int HISTOGRAMS = 10;
  private static final int SERIES_PER_TARGET = FLOATS + HISTOGRAMS;
  private static final int STEPS = 300;
  private static final int VERSIONS = 100_000;
  private static final int LATE_ONE_IN = 10;
  private static final long PAUSE_NANOS = TimeUnit.MILLISECONDS.toNanos(50);

  private final UpProcess up;
  private final int number;
  private final Random random;
  private final long baseMs;
  private final byte[][] labels = new byte[TARGETS * SERIES_PER_TARGET][];
  private final int[][] acknowledged = new int[TARGETS * SERIES_PER_TARGET][STEPS];
  private final int[][] highest = new int[TARGETS * SERIES_PER_TARGET][STEPS];
  private final int[][] unknown = new int[TARGETS * SERIES_PER_TARGET][STEPS];
  private int requests;
  /** What the request under way holds, as series times {@link #STEPS} plus step. */
  private final int[] sent = new int[2 * TARGETS * SERIES_PER_TARGET];
  private int sentCount;
  private volatile long acknowledgedSamples;

  /** @param baseMs the timestamp of the first step; a whole second */
  WriteLane(UpProcess up, int number, long seed, long baseMs) {
    this.up = up;
    this.number = number;
    this.random = new Random(seed * 31 + number);
    this.baseMs = baseMs;
    for (int series = 0; series < labels.length; series++) {
      labels[series] = labels(Map.of("__name__", isFloat(series) ? "kill_float" : "kill_histogram",
          "instance", instance(series / SERIES_PER_TARGET), "job", "kill", "n", "" + series));
    }
  }

  private static boolean isFloat(int series) {
    return series % SERIES_PER_TARGET < FLOATS;
  }

  private String instance(int target) {
    return "lane" + number + "-target" + target;
  }

  /** Samples acknowledged so far. */
  long acknowledgedSamples() {
    return acknowledgedSamples;
  }

  /** Sends until nobody answers. */
  void run() throws InterruptedException, IOException {
    long due = System.nanoTime();
    while (true) {
      var body = nextRequest();
      int status;
      do {
        LockSupport.parkNanos(due - System.nanoTime());
        due = Math.max(due + PAUSE_NANOS, System.nanoTime() - 4 * PAUSE_NANOS);
        // The same again: a request that was answered 503 may have arrived in part.
        status = up.write("default", body);
      } while (status == 503);
      if (status == -1) {
        return;
      }
      if (status != 204) {
        throw new AssertionError("lane " + number + " was answered with " + status);
      }
      for (int i = 0; i < sentCount; i++) {
        int series = sent[i] / STEPS;
        int step = sent[i] % STEPS;
        acknowledged[series][step] = unknown[series][step];
        unknown[series][step] = 0;
      }
      acknowledgedSamples += sentCount;
    }
  }

  private byte[] nextRequest() throws IOException {
    int step = requests % STEPS;
    int written = Math.min(requests, STEPS);
    requests++;
    sentCount = 0;
    var bytes = new ByteArrayOutputStream(64 << 10);
    var out = CodedOutputStream.newInstance(bytes);
    var histograms = new RemoteWrite();
    for (int series = 0; series < labels.length; series++) {
      int late = written > 1 && random.nextInt(LATE_ONE_IN) == 0 ? random.nextInt(written) : step;
      int[] steps = late == step ? new int[] {step} : new int[] {late, step};
      for (int at : steps) {
        unknown[series][at] = ++highest[series][at];
        sent[sentCount++] = series * STEPS + at;
      }
      if (isFloat(series)) {
        writeFloats(out, series, steps);
      } else {
        for (int at : steps) {
          histograms.histogram(
              Map.of("__name__", "kill_histogram", "instance", instance(series / SERIES_PER_TARGET),
                  "job", "kill", "n", "" + series),
              baseMs + at * 1000L, counts(series, at, unknown[series][at]),
              value(series, at, unknown[series][at]));
        }
      }
    }
    out.flush();
    bytes.writeBytes(histograms.uncompressed());
    return Snappy.compress(bytes.toByteArray());
  }

  private void writeFloats(CodedOutputStream out, int series, int[] steps) throws IOException {
    int size = labels[series].length;
    for (int at : steps) {
      int sample = sampleSize(at);
      size += 1 + CodedOutputStream.computeUInt32SizeNoTag(sample) + sample;
    }
    out.writeTag(1, 2);
    out.writeUInt32NoTag(size);
    out.writeRawBytes(labels[series]);
    for (int at : steps) {
      out.writeTag(2, 2);
      out.writeUInt32NoTag(sampleSize(at));
      out.writeDouble(1, value(series, at, unknown[series][at]));
      out.writeInt64(2, baseMs + at * 1000L);
    }
  }

  private int sampleSize(int step) {
    return CodedOutputStream.computeDoubleSize(1, 0)
        + CodedOutputStream.computeInt64Size(2, baseMs + step * 1000L);
  }

  private static byte[] labels(Map<String, String> labels) {
    var bytes = new ByteArrayOutputStream();
    try {
      var out = CodedOutputStream.newInstance(bytes);
      for (var name : labels.keySet().stream().sorted().toList()) {
        var pair = new ByteArrayOutputStream();
        var inner = CodedOutputStream.newInstance(pair);
        inner.writeString(1, name);
        inner.writeString(2, labels.getOrDefault(name, ""));
        inner.flush();
        out.writeByteArray(1, pair.toByteArray());
      }
      out.flush();
    } catch (IOException impossible) {
      throw new IllegalStateException(impossible);
    }
    return bytes.toByteArray();
  }

  /** Tells series, step and version apart. */
  private static double value(int series, int step, int version) {
    return (series * (double) STEPS + step) * VERSIONS + version;
  }

  private static long[] counts(int series, int step, int version) {
    return new long[] {1 + version % 5, 2 + step % 7, 1 + series % 3, 4};
  }

  /**
   * Compares each value with what was acknowledged, one by one; afterwards what is there is what there is:
   * no request is under way any more.
   *
   * @param wrong takes a line for each value that should not be, or should
   * @return the number of values that were compared
   */
  long compare(List<String> wrong) throws IOException, InterruptedException {
    var actual = new int[labels.length][STEPS];
    long endMs = baseMs + STEPS * 1000L;
    for (int target = 0; target < TARGETS; target++) {
      for (var name : List.of("kill_float", "kill_histogram")) {
        var found = up.query("default",
            name + "{instance=\"" + instance(target) + "\"}[" + 2 * STEPS + "s]", endMs);
        for (var series : found) {
          read((JsonObject) series, actual, wrong);
        }
      }
    }
    long compared = 0;
    for (int series = 0; series < labels.length; series++) {
      for (int step = 0; step < STEPS; step++) {
        int got = actual[series][step];
        int want = acknowledged[series][step];
        boolean maybe = unknown[series][step] != 0 && got == unknown[series][step];
        if (want != 0) {
          compared++;
        }
        if (got != want && !maybe) {
          wrong.add("lane " + number + " series " + series + " step " + step + ": version " + got
              + ", acknowledged was " + want + ", unknown " + unknown[series][step]);
        }
        acknowledged[series][step] = got;
      }
      Arrays.fill(unknown[series], 0);
    }
    return compared;
  }

  private void read(JsonObject found, int[][] actual, List<String> wrong) {
    int series = Integer.parseInt(found.getJsonObject("metric").getString("n"));
    var values = found.getJsonArray(isFloat(series) ? "values" : "histograms");
    if (values == null) {
      wrong.add(
          "lane " + number + " series " + series + " is not of its kind: " + found.fieldNames());
      return;
    }
    for (var pair : values) {
      var at = (JsonArray) pair;
      int step = (int) ((Math.round(at.getDouble(0) * 1000) - baseMs) / 1000);
      var histogram = isFloat(series) ? null : at.getJsonObject(1);
      double value = Double
          .parseDouble(histogram == null ? at.getString(1) : histogram.getString("sum"));
      int version = (int) (value - value(series, step, 0));
      boolean good = step >= 0 && step < STEPS && version > 0 && version <= highest[series][step]
          && value == value(series, step, version);
      if (good && histogram != null) {
        var counts = counts(series, step, version);
        good = Double.parseDouble(histogram.getString("count")) == Arrays.stream(counts).sum()
            && histogram.getJsonArray("buckets")
                .stream()
                .flatMap(bucket -> Stream.of(Double.parseDouble(((JsonArray) bucket).getString(3))))
                .toList()
                .equals(Arrays.stream(counts).mapToObj(count -> (double) count).toList());
      }
      if (!good || actual[series][step] != 0) {
        wrong.add("lane " + number + " series " + series + " step " + step
            + " was never written so: " + at);
      } else {
        actual[series][step] = version;
      }
    }
  }
}
