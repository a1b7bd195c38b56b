package io.throughline.bench.store;

import io.throughline.store.column.ByteSink;
import io.throughline.store.column.ByteSource;
import io.throughline.store.column.Scratch;
import io.throughline.store.column.ValueColumn;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
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

/** Nanoseconds per value of each encoding, from mapped memory to {@code double[]} and back. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(1)
public class ColumnBenchmark {
  private static final int VALUES = 2880;

  /** What the values are like: each makes the encoder choose another encoding. */
  public enum Shape {
    CONSTANT,
    COUNTER,
    COUNTER_OF_TENTHS,
    GAUGE_OF_HUNDREDTHS,
    ALMOST_DECIMAL,
    FEW_DISTINCT,
    RUNS,
    FULL_DOUBLES
  }

  @Param
  public Shape shape = Shape.COUNTER;

  private final Arena arena = Arena.ofShared();
  private final Scratch scratch = new Scratch();
  private final ByteSink sink = new ByteSink(VALUES * 16);
  private double[] values = new double[0];
  private final double[] decoded = new double[VALUES];
  private ByteSource source = new ByteSource(MemorySegment.NULL);

  @Setup
  public void encodeOnce() {
    values = values(shape);
    ValueColumn.encode(values, VALUES, sink, scratch);
    var bytes = arena.allocate(sink.size());
    MemorySegment.copy(sink.array(), 0, bytes, ValueLayout.JAVA_BYTE, 0, sink.size());
    source = new ByteSource(bytes);
    System.out.println("shape=" + shape + " encoding=" + sink.array()[0] + " bytes-per-value="
        + sink.size() / (double) VALUES);
  }

  private static double[] values(Shape shape) {
    var random = new Random(1);
    var values = new double[VALUES];
    double total = 1e6;
    for (int i = 0; i < VALUES; i++) {
      total += Math.rint(Math.abs(random.nextGaussian() * 400 + 1000));
      values[i] = switch (shape) {
        case CONSTANT -> 42;
        case COUNTER -> total;
        case COUNTER_OF_TENTHS -> total / 10;
        case GAUGE_OF_HUNDREDTHS -> Math.rint(5000 + random.nextGaussian() * 300) / 100;
        case ALMOST_DECIMAL -> Math.rint(random.nextDouble() * 1000) * 0.001;
        case FEW_DISTINCT -> Math.sin(random.nextInt(7));
        case RUNS -> Math.sin(i / 100);
        case FULL_DOUBLES -> random.nextGaussian();
      };
    }
    return values;
  }

  @TearDown
  public void close() {
    arena.close();
  }

  @Benchmark
  @OperationsPerInvocation(VALUES)
  public double[] decode() {
    source.seek(0);
    ValueColumn.decode(source, VALUES, decoded, 0, scratch);
    return decoded;
  }

  @Benchmark
  @OperationsPerInvocation(VALUES)
  public int encode() {
    sink.clear();
    ValueColumn.encode(values, VALUES, sink, scratch);
    return sink.size();
  }
}
