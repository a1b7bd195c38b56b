package io.throughline.bench.store;

import io.throughline.model.Labels;
import io.throughline.model.SeriesMetadata;
import io.throughline.model.Tenant;
import io.throughline.store.LogPosition;
import io.throughline.store.ShardWriter;
import io.throughline.store.Store;
import io.throughline.store.StoreSettings;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.common.utils.Utils;
import org.jspecify.annotations.Nullable;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/**
 * Nanoseconds per appended sample, one record of all series at a time, a hundred records between flushes.
 * That appending allocates nothing is a test of the store: here the flushes between would be counted too.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.SingleShotTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 8, batchSize = 100)
@Measurement(iterations = 16, batchSize = 100)
@Fork(1)
public class AppendBenchmark {
  private static final int SAMPLES = 10_000;

  @Param({"10000"})
  public int series = SAMPLES;

  private @Nullable Opened opened;
  private int[] ids = new int[0];
  private long round;

  private record Opened(Path folder, Store store, ShardWriter writer) {}

  private Opened opened() {
    return Objects.requireNonNull(opened);
  }

  @Setup
  public void open() throws IOException {
    var folder = Files.createTempDirectory("append");
    var store = Store.open(folder, StoreSettings.DEFAULTS.withBackgroundMerges(false));
    var writer = store.shard(0);
    opened = new Opened(folder, store, writer);
    ids = new int[series];
    for (int i = 0; i < series; i++) {
      var labels = Labels.of("__name__", "m" + i % 100, "instance", "i" + i / 100).canonicalBytes();
      ids[i] = writer.seriesId(Tenant.DEFAULT, labels, 0, labels.length, SeriesMetadata.UNKNOWN);
    }
  }

  @TearDown(Level.Iteration)
  public void flush() {
    opened().writer.flush();
    opened().store.maintain();
  }

  @TearDown
  public void close() throws IOException {
    opened().store.close();
    Utils.delete(opened().folder.toFile());
  }

  @Benchmark
  @OperationsPerInvocation(SAMPLES)
  public void append() {
    var writer = opened().writer;
    long timeMs = 1_700_000_000_000L + round * 1000;
    for (int i = 0; i < SAMPLES; i++) {
      writer.append(ids[i % series], timeMs, 0, round + i);
    }
    writer.applied(new LogPosition("c", "t", 0, ++round));
  }
}
