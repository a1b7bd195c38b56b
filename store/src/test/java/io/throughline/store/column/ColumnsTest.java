package io.throughline.store.column;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;

import io.throughline.model.NativeHistogram;
import io.throughline.model.SampleValues;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Every column gives back the same 64 bits, and damaged bytes never do more than a clear error. */
final class ColumnsTest {
  private final Scratch scratch = new Scratch();

  static IntStream seeds() {
    return IntStream.range(0, Integer.getInteger("throughline.store.seeds", 200));
  }

  private static double value(Random random, int shape, double before, int i) {
    return switch (shape) {
      case 0 -> 42.5;
      case 1 -> i / 37;
      case 2 -> before + random.nextInt(1000);
      case 3 -> random.nextInt(100000) / 100.0;
      case 4 -> 0.1 * random.nextInt(50) + 0.2;
      case 5 -> random.nextGaussian() * 1e6;
      case 6 -> Double.longBitsToDouble(random.nextLong());
      case 7 -> new double[] {1.5, Math.PI, -7, 1e300}[random.nextInt(4)];
      case 8 -> before + random.nextInt(1_000_000_000) / 1e9;
      case 9 -> random.nextInt(40) == 0 ? 1e15 : random.nextInt(8);
      default -> i * 1024L * 1024L * 4096L;
    };
  }

  private static double[] values(Random random, int count) {
    int shape = random.nextInt(11);
    boolean hostile = random.nextBoolean();
    var values = new double[count];
    for (int i = 0; i < count; i++) {
      values[i] = value(random, shape, i == 0 ? 0 : values[i - 1], i);
      if (hostile && random.nextInt(30) == 0) {
        values[i] = switch (random.nextInt(8)) {
          case 0 -> SampleValues.STALE_NAN;
          case 1 -> -0.0;
          case 2 -> Double.longBitsToDouble(0xfff8_0000_dead_beefL);
          case 3 -> Double.longBitsToDouble(SampleValues.NORMAL_NAN_BITS);
          case 4 -> Double.NEGATIVE_INFINITY;
          case 5 -> Double.MIN_VALUE;
          case 6 -> -Double.MAX_VALUE;
          default -> 0x1p53 + 2;
        };
      }
    }
    return values;
  }

  private static long[] bits(double[] values) {
    return Arrays.stream(values).mapToLong(Double::doubleToRawLongBits).toArray();
  }

  private static int size(Random random) {
    return switch (random.nextInt(5)) {
      case 0 -> 1 + random.nextInt(4);
      case 1 -> 510 + random.nextInt(5);
      case 2 -> 1024;
      default -> 1 + random.nextInt(3000);
    };
  }

  @ParameterizedTest(name = "seed {0}")
  @MethodSource("seeds")
  void valuesComeBackBitForBit(int seed) {
    var random = new Random(seed);
    var values = values(random, size(random));
    var out = new ByteSink(16);
    out.putByte(7);

    ValueColumn.encode(values, values.length, out, scratch);

    var in = new ByteSource(MemorySegment.ofArray(out.toByteArray()));
    in.seek(1);
    var back = new double[values.length + 3];
    ValueColumn.decode(in, values.length, back, 2, scratch);
    assertThat(bits(Arrays.copyOfRange(back, 2, 2 + values.length))).isEqualTo(bits(values));
    assertThat(in.remaining()).isZero();
  }

  @ParameterizedTest(name = "seed {0}")
  @MethodSource("seeds")
  void longsComeBack(int seed) {
    var random = new Random(seed);
    var longs = new long[size(random)];
    int shape = random.nextInt(6);
    for (int i = 0; i < longs.length; i++) {
      longs[i] = switch (shape) {
        case 0 -> i * 15_000L;
        case 1 -> i * 15_000L + random.nextInt(9);
        case 2 -> random.nextLong();
        case 3 -> i % 2 == 0 ? Long.MIN_VALUE : Long.MAX_VALUE;
        case 4 -> random.nextInt(50) == 0 ? random.nextLong() : random.nextInt(20);
        default -> (long) i * i * 3 - 1000;
      };
    }
    var out = new ByteSink(16);

    LongColumn.encode(longs, longs.length, out, scratch);

    var in = new ByteSource(MemorySegment.ofArray(out.toByteArray()));
    var back = new long[longs.length];
    LongColumn.decode(in, longs.length, back, 0, scratch);
    assertThat(back).isEqualTo(longs);
    assertThat(in.remaining()).isZero();
  }

  @ParameterizedTest(name = "seed {0}")
  @MethodSource("seeds")
  void anyRangeOfAColumnReadsAsItsPartOfTheWhole(int seed) {
    var random = new Random(seed);
    var values = values(random, size(random) + random.nextInt(2) * 2000);
    var out = new ByteSink(16);
    ValueColumn.encode(values, values.length, out, scratch);
    // Stands for whatever the next column in the file is.
    out.putByte(7);
    var longs = new long[values.length];
    long step = random.nextInt(3) == 0 ? 0 : random.nextLong(1L << random.nextInt(1, 62));
    for (int i = 1; i < longs.length; i++) {
      longs[i] = longs[i - 1] + step + (random.nextInt(4) == 0 ? random.nextInt(9) : 0);
    }
    int valueBytes = out.size();
    LongColumn.encode(longs, longs.length, out, scratch);
    var bytes = MemorySegment.ofArray(out.toByteArray());

    for (int trial = 0; trial < 20; trial++) {
      int from = random.nextInt(values.length);
      int to = from + 1 + random.nextInt(values.length - from);
      var in = new ByteSource(bytes);
      var back = new double[to - from + 1];
      ValueColumn.decode(in, values.length, from, to, back, 1, scratch);
      assertThat(bits(Arrays.copyOfRange(back, 1, back.length))).as("[%s, %s)", from, to)
          .isEqualTo(bits(Arrays.copyOfRange(values, from, to)));
      in.seek(valueBytes);
      var longsBack = new long[to - from];
      LongColumn.decode(in, longs.length, from, to, longsBack, 0, scratch);
      assertThat(longsBack).as("[%s, %s)", from, to).isEqualTo(Arrays.copyOfRange(longs, from, to));
      assertThat(in.remaining()).isZero();
    }
  }

  @ParameterizedTest(name = "seed {0}")
  @MethodSource("seeds")
  void damagedBytesNeverDoMoreThanAnIndexError(int seed) {
    var random = new Random(seed);
    var values = values(random, 1 + random.nextInt(1200));
    var out = new ByteSink(16);
    ValueColumn.encode(values, values.length, out, scratch);
    var bytes = out.toByteArray();
    for (int i = 0; i < 20; i++) {
      var damaged = random.nextBoolean()
          ? Arrays.copyOf(bytes, random.nextInt(bytes.length))
          : bytes.clone();
      if (damaged.length > 0) {
        damaged[random.nextInt(Math.min(damaged.length, 40))] = (byte) random.nextInt();
      }

      assertThatCode(() -> {
        try {
          ValueColumn.decode(new ByteSource(MemorySegment.ofArray(damaged)), values.length,
              new double[values.length], 0, scratch);
        } catch (IndexOutOfBoundsException refused) {
          assertThat(refused).hasMessageMatching("(?s).+");
        }
      }).doesNotThrowAnyException();
    }
  }

  private static NativeHistogram histogram(Random random, boolean custom) {
    int buckets = random.nextInt(12);
    boolean integer = random.nextBoolean();
    var counts = new long[buckets];
    for (int i = 0; i < buckets; i++) {
      counts[i] = integer
          ? random.nextInt(1000)
          : Double.doubleToRawLongBits(random.nextInt(1000) * 0.5);
    }
    var bounds = custom
        ? new double[] {0.1, 0.5, 1, 5, 10, 20, 30, 40, 50, 60, 70, 80}
        : new double[0];
    return new NativeHistogram(integer, NativeHistogram.ResetHint.ofCode(random.nextInt(4)),
        custom ? NativeHistogram.CUSTOM_BOUNDS : random.nextInt(13) - 4, custom ? 0 : 1e-9,
        custom ? 0 : counts.length, random.nextLong(1L << 40), random.nextDouble(),
        buckets == 0 ? new int[0] : new int[] {custom ? 0 : random.nextInt(9) - 4, buckets}, counts,
        new int[0], new long[0], bounds);
  }

  @ParameterizedTest(name = "seed {0}")
  @MethodSource("seeds")
  void histogramsOfEverySchemaComeBack(int seed) {
    var random = new Random(seed);
    var rows = new NativeHistogram[1 + random.nextInt(60)];
    for (int i = 0; i < rows.length; i++) {
      rows[i] = random.nextInt(15) == 0
          ? NativeHistogram.stale()
          : i > 0 && random.nextBoolean() ? rows[i - 1] : histogram(random, random.nextBoolean());
    }
    var out = new ByteSink(16);

    HistogramColumn.encode(rows, 0, rows.length, out);

    var in = new ByteSource(MemorySegment.ofArray(out.toByteArray()));
    assertThat(HistogramColumn.decode(in, rows.length)).isEqualTo(rows);
    assertThat(in.remaining()).isZero();
  }

  @Test
  void aDecimalSeriesTakesTheBitsOfItsDifferencesAndARegularTimeAlmostNothing() {
    var prices = new double[1024];
    var times = new long[1024];
    for (int i = 0; i < 1024; i++) {
      prices[i] = (1000 + i % 7) / 100.0;
      times[i] = 1_700_000_000_000L + i * 15_000L;
    }
    var out = new ByteSink(16);

    ValueColumn.encode(prices, 1024, out, scratch);
    assertThat(out.size()).isLessThan(420);

    out.clear();
    LongColumn.encode(times, 1024, out, scratch);
    assertThat(out.size()).isLessThan(16);
  }
}
