package io.throughline.query.engine;

import io.throughline.model.Labels;
import io.throughline.model.NativeHistogram;
import io.throughline.model.NativeHistogram.ResetHint;
import io.throughline.model.SampleValues;
import io.throughline.query.engine.Prometheus.Message;
import io.throughline.query.engine.Prometheus.RemoteWriteRequest;
import io.throughline.query.source.MemorySource;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Seeded series of every kind: counters with resets, gauges, gaps, stale markers, NaN and infinities, classic and native
 * histograms. No sample lies on a full or half second, so it does not matter which end of a range is open.
 */
final class CorpusData {

  static final long START_MS = 1_700_000_000_000L;
  static final int SCRAPES = 340;
  static final long INTERVAL_MS = 15_000;

  /** @param histogram null for a float */
  record Sample(long timeMs, double value, @Nullable NativeHistogram histogram) {}

  private final TreeMap<Labels, List<Sample>> series = new TreeMap<>();
  private final Random random;

  CorpusData(long seed) {
    random = new Random(seed);
    counters();
    gauges();
    odd();
    classic();
    natives();
  }

  /** The value of a series at its i-th scrape, or null where there is none. */
  private interface Value {
    @Nullable
    Double at(int i);
  }

  private void add(Value value, String... labels) {
    var map = new TreeMap<String, String>();
    for (int i = 0; i < labels.length; i += 2) {
      map.put(labels[i], labels[i + 1]);
    }
    long phase = 1_000L * random.nextInt(15);
    var samples = new ArrayList<Sample>();
    for (int i = 0; i < SCRAPES; i++) {
      var one = value.at(i);
      if (one != null) {
        samples.add(new Sample(START_MS + i * INTERVAL_MS + phase + jitter(), one, null));
      }
    }
    series.put(Labels.of(Map.copyOf(map)), samples);
  }

  private long jitter() {
    return 1 + random.nextInt(498) + (random.nextBoolean() ? 500 : 0);
  }

  private Value counter(double perScrape, double resetShare) {
    double[] total = {1_000 + random.nextInt(5_000)};
    return _ -> {
      if (random.nextDouble() < resetShare) {
        total[0] = 0;
      }
      total[0] += Math.floor(random.nextDouble() * perScrape * 2);
      return total[0];
    };
  }

  /** Present, but for stretches; a stale marker ends each. */
  private Value withGaps(Value inner, boolean markers) {
    int[] left = {20 + random.nextInt(40)};
    boolean[] there = {true};
    return i -> {
      var value = inner.at(i);
      if (--left[0] < 0) {
        there[0] = !there[0];
        left[0] = there[0] ? 15 + random.nextInt(50) : 5 + random.nextInt(35);
        if (!there[0] && markers) {
          return SampleValues.STALE_NAN;
        }
      }
      return there[0] ? value : null;
    };
  }

  private void counters() {
    for (var job : List.of("api", "web", "db")) {
      for (var instance : List.of("a:1", "b:1")) {
        for (var method : List.of("GET", "POST")) {
          for (var code : List.of("200", "500")) {
            // Resets or gaps: where both meet, 3.x extrapolates otherwise than 2.42.
            var value = counter(code.equals("200") ? 40 : 2, job.equals("db") ? 0 : 0.01);
            add(job.equals("db") ? withGaps(value, code.equals("200")) : value, "__name__",
                "http_requests_total", "job", job, "instance", instance, "method", method, "code",
                code);
          }
        }
        add(counter(3, 0.03), "__name__", "errors_total", "job", job, "instance", instance);
        add(_ -> 1.0, "__name__", "build_info", "job", job, "instance", instance, "version",
            "1." + random.nextInt(3), "region", job.equals("web") ? "eu" : "us");
      }
    }
  }

  private void gauges() {
    for (var job : List.of("api", "web")) {
      for (var instance : List.of("a:1", "b:1", "c:1")) {
        double middle = random.nextInt(60) - 20;
        add(i -> middle + 10 * Math.sin(i / 17.0) + random.nextGaussian(), "__name__",
            "temperature_celsius", "job", job, "instance", instance, "zone",
            instance.substring(0, 1) + "-" + job);
        add(i -> (double) random.nextInt(5), "__name__", "queue_length", "job", job, "instance",
            instance);
        add(withGaps(_ -> (double) random.nextInt(100), job.equals("api")), "__name__", "flapping",
            "job", job, "instance", instance);
        for (var device : List.of("sda", "sdb")) {
          add(i -> 1e9 + 1e6 * random.nextDouble() * i, "__name__", "disk_used_bytes", "job", job,
              "instance", instance, "device", device);
        }
        add(_ -> 5e9, "__name__", "disk_size_bytes", "job", job, "instance", instance);
      }
    }
    add(_ -> 42.0, "__name__", "constant");
    add(i -> 0.5 * i, "__name__", "ramp", "job", "api");
    add(_ -> random.nextDouble() * 2 - 1, "__name__", "share", "job", "api", "instance", "a:1");
    add(_ -> random.nextDouble() * 2 - 1, "__name__", "share", "job", "web", "instance", "b:1");
    for (int n = 0; n < 4; n++) {
      int at = n;
      add(i -> at * 4.1e8 + i * 86_417.0 * (at + 1), "__name__", "event_time_seconds", "event",
          "e" + n);
    }
    add(i -> i * -1e6, "__name__", "event_time_seconds", "event", "before 1970");
  }

  private void odd() {
    double[] specials = {Double.NaN, Double.POSITIVE_INFINITY, Double.NEGATIVE_INFINITY, 0, -0.0, 1,
        -1, 1e-100, 1e100};
    for (int n = 0; n < 3; n++) {
      add(_ -> random.nextInt(4) == 0
          ? specials[random.nextInt(specials.length)]
          : random.nextInt(20) - 10.0, "__name__", "odd", "kind", "mixed" + n, "job",
          n == 0 ? "api" : "web");
    }
    add(_ -> Double.NaN, "__name__", "odd", "kind", "nan", "job", "api");
    add(_ -> Double.POSITIVE_INFINITY, "__name__", "odd", "kind", "inf", "job", "api");
    add(_ -> Double.NEGATIVE_INFINITY, "__name__", "odd", "kind", "neginf", "job", "web");
    add(_ -> 0.0, "__name__", "odd", "kind", "zero", "job", "web");
    add(i -> i < 40 ? null : (Double) 7.0, "__name__", "late", "job", "api");
    add(i -> i > 200 ? null : (Double) 3.0, "__name__", "early", "job", "web");
    add(i -> i % 30 == 0 ? (Double) (double) i : null, "__name__", "sparse", "job", "web");
    add(_ -> 1.0, "__name__", "spelled", "text", "ünï \"cödé\"", "empty_like", "x");
  }

  private void classic() {
    var bounds = List.of("0.05", "0.1", "0.25", "0.5", "1", "2.5", "5", "+Inf");
    for (var job : List.of("api", "web")) {
      for (var instance : List.of("a:1", "b:1")) {
        var observed = new double[SCRAPES][];
        // Not from 0: where a counter begins in the middle of a range 3.x extrapolates otherwise than 2.42.
        var counts = new double[bounds.size()];
        Arrays.setAll(counts, b -> 500.0 * (b + 1));
        double sum = 700;
        var sums = new double[SCRAPES];
        for (int i = 0; i < SCRAPES; i++) {
          if (job.equals("web") && random.nextInt(90) == 0) {
            counts = new double[bounds.size()];
            sum = 0;
          }
          for (int n = random.nextInt(20); n > 0; n--) {
            double seconds = Math.exp(random.nextGaussian() - 1);
            sum += seconds;
            for (int b = 0; b < counts.length; b++) {
              if (b == counts.length - 1 || seconds <= Double.parseDouble(bounds.get(b))) {
                counts[b]++;
              }
            }
          }
          observed[i] = counts.clone();
          sums[i] = sum;
        }
        long seed = random.nextLong();
        for (int b = 0; b < bounds.size(); b++) {
          int at = b;
          // All buckets of a histogram are scraped together.
          random.setSeed(seed);
          add(i -> observed[i][at], "__name__", "latency_seconds_bucket", "job", job, "instance",
              instance, "le", bounds.get(b));
        }
        random.setSeed(seed);
        add(i -> observed[i][bounds.size() - 1], "__name__", "latency_seconds_count", "job", job,
            "instance", instance);
        random.setSeed(seed);
        add(i -> sums[i], "__name__", "latency_seconds_sum", "job", job, "instance", instance);
      }
    }
    // Not monotonic, without +Inf, with a bound that is no number.
    double[] wild = {3, 1, 7};
    for (int b = 0; b < 3; b++) {
      int at = b;
      add(i -> wild[at] + i, "__name__", "broken_bucket", "job", "api", "le",
          List.of("1", "2", "+Inf").get(b));
      add(i -> wild[at] + i, "__name__", "endless_bucket", "job", "api", "le",
          List.of("1", "2", "4").get(b));
    }
    add(_ -> 1.0, "__name__", "broken_bucket", "job", "api", "le", "many");
  }

  private void natives() {
    for (var job : List.of("api", "web")) {
      for (var instance : List.of("a:1", "b:1")) {
        // Never empty: 2.42 takes a float histogram without observations for one of whole numbers.
        long[] counts = {1, 0, 0, 0, 0, 0};
        double[] sum = {0};
        var samples = new ArrayList<Sample>();
        long phase = 1_000L * random.nextInt(15);
        boolean whole = instance.equals("a:1");
        for (int i = 0; i < SCRAPES; i++) {
          if (random.nextInt(80) == 0) {
            counts = new long[] {1, 0, 0, 0, 0, 0};
            sum[0] = 0;
          }
          for (int n = random.nextInt(12); n > 0; n--) {
            int bucket = random.nextInt(6);
            counts[bucket]++;
            sum[0] += bucket;
          }
          samples.add(new Sample(START_MS + i * INTERVAL_MS + phase + jitter(), 0,
              nativeOf(whole, counts, sum[0])));
        }
        series.put(Labels.of(Map.of("__name__", "payload_bytes", "job", job, "instance", instance)),
            samples);
      }
    }
  }

  private static NativeHistogram nativeOf(boolean whole, long[] counts, double sum) {
    long total = 0;
    var bits = new long[counts.length - 1];
    for (int i = 0; i < counts.length; i++) {
      total += counts[i];
      if (i > 0) {
        bits[i - 1] = whole ? counts[i] : Double.doubleToLongBits(counts[i]);
      }
    }
    return new NativeHistogram(whole, ResetHint.UNKNOWN, 0, 1e-3,
        whole ? counts[0] : Double.doubleToLongBits(counts[0]),
        whole ? total : Double.doubleToLongBits(total), sum, new int[] {1, bits.length}, bits,
        new int[0], new long[0], new double[0]);
  }

  Map<Labels, List<Sample>> series() {
    return series;
  }

  MemorySource inMemory() {
    var source = new MemorySource();
    series.forEach((labels, samples) -> {
      for (var sample : samples) {
        var histogram = sample.histogram();
        if (histogram == null) {
          source.add(labels, sample.timeMs(), sample.value());
        } else {
          source.add(labels, sample.timeMs(), histogram);
        }
      }
    });
    return source;
  }

  /** All of it in the order of time, in requests of a few minutes each. */
  List<RemoteWriteRequest> requests() {
    var requests = new ArrayList<RemoteWriteRequest>();
    long step = 20 * INTERVAL_MS;
    for (long from = START_MS; from < START_MS + (SCRAPES + 2) * INTERVAL_MS; from += step) {
      long begin = from;
      var request = new RemoteWriteRequest();
      series.forEach((labels, samples) -> {
        var inside = samples.stream()
            .filter(s -> s.timeMs() >= begin && s.timeMs() < begin + step)
            .toList();
        if (!inside.isEmpty()) {
          request.series(labels, message -> inside.forEach(sample -> write(sample, message)));
        }
      });
      requests.add(request);
    }
    return requests;
  }

  private static void write(Sample sample, Message series) {
    var h = sample.histogram();
    if (h == null) {
      series.bytes(2, new Message().real(1, sample.value()).number(2, sample.timeMs()));
      return;
    }
    var message = new Message();
    if (h.isInteger()) {
      message.number(1, h.countBits());
    } else {
      message.real(2, h.count());
    }
    message.real(3, h.sum()).signed(4, h.schema()).real(5, h.zeroThreshold());
    if (h.isInteger()) {
      message.number(6, h.zeroCountBits());
    } else {
      message.real(7, h.zeroCount());
    }
    var spans = h.positiveSpans();
    for (int i = 0; i < spans.length; i += 2) {
      message.bytes(11, new Message().signed(1, spans[i]).number(2, spans[i + 1]));
    }
    var packed = new Message();
    long before = 0;
    for (int i = 0; i < h.positiveCountBits().length; i++) {
      if (h.isInteger()) {
        packed.zigzag(h.positiveCountBits()[i] - before);
        before = h.positiveCountBits()[i];
      } else {
        packed.fixed(h.positiveCount(i));
      }
    }
    message.bytes(h.isInteger() ? 12 : 13, packed).number(15, sample.timeMs());
    series.bytes(4, message);
  }
}
