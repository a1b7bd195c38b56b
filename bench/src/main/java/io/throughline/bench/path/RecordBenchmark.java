package io.throughline.bench.path;

import io.throughline.model.Tenant;
import io.throughline.model.wire.RecordReader;
import io.throughline.model.wire.RecordWriter;
import io.throughline.model.wire.SampleColumns;
import io.throughline.model.wire.SampleKind;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/** Nanoseconds per sample of gathering, writing and reading a record of floats; reading allocates nothing. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@OperationsPerInvocation(RecordBenchmark.SAMPLES)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 3, time = 1)
@Fork(1)
public class RecordBenchmark {
  static final int SAMPLES = 2_000;

  private final Tenant tenant = new Tenant("bench");
  private final Fleet fleet = new Fleet(4, SAMPLES / 4, 42);
  private final SampleColumns columns = new SampleColumns();
  private final RecordWriter writer = new RecordWriter();
  private final RecordReader reader = new RecordReader();
  private byte[] record = {};

  @Setup
  public void fill() {
    gather();
    record = write();
  }

  @Benchmark
  public int gather() {
    columns.clear();
    for (int i = 0; i < SAMPLES; i++) {
      columns.add(i, 1_700_000_000_000L + i / 500 * 17, 0, fleet.values[i]);
    }
    return columns.size();
  }

  @Benchmark
  public byte[] write() {
    writer.begin(tenant, 1);
    writer.group(1, SampleKind.FLOAT, columns, 0, columns.size());
    return writer.finish();
  }

  @Benchmark
  public int read() {
    reader.read(record);
    return reader.columns().size();
  }
}
