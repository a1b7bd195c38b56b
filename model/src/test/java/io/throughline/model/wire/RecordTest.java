package io.throughline.model.wire;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.throughline.model.Failure;
import io.throughline.model.NativeHistogram;
import io.throughline.model.NativeHistogram.ResetHint;
import io.throughline.model.SampleValues;
import io.throughline.model.Tenant;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class RecordTest {

  private static final Tenant SHOP = new Tenant("shop");

  /** The bytes that docs/formats/record.md takes apart. */
  @Test
  void theGoldenRecordNeverChanges() {
    var columns = new SampleColumns();
    columns.add(0, 1_700_000_000_000L, 0, 0.0);
    columns.add(1, 1_700_000_000_000L, 0, 42.0);
    columns.add(2, 1_700_000_000_000L, 0, 0.25);
    var writer = new RecordWriter();
    writer.begin(SHOP, 0x1122334455667788L);
    writer.group(7, SampleKind.FLOAT, columns, 0, 3);

    assertThat(HexFormat.of().formatHex(writer.finish())).isEqualTo(GOLDEN);
  }

  private static final String GOLDEN = "544c520188776655443322110473686f7007000300010005000180a0abfef9620203100a2a9201";

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
  void aRecordReadsBackBitForBit(long seed) {
    var random = new Random(seed);
    var reader = new RecordReader();
    var writer = new RecordWriter();
    for (int round = 0; round < 100; round++) {
      var columns = new SampleColumns(4);
      int groups = 1 + random.nextInt(4);
      var ends = new int[groups];
      var kinds = new SampleKind[groups];
      writer.begin(SHOP, seed);
      for (int g = 0; g < groups; g++) {
        int from = columns.size();
        kinds[g] = SampleKind.values()[random.nextInt(SampleKind.COUNT)];
        addSamples(columns, kinds[g], 1 + random.nextInt(60), random);
        ends[g] = columns.size();
        assertThat(columns.boundBytes(from, ends[g])).isPositive();
        int before = writer.sizeBytes();
        writer.group(g * 1_000_003L, kinds[g], columns, from, ends[g]);
        assertThat((long) writer.sizeBytes() - before).isLessThanOrEqualTo(
            RecordWriter.GROUP_BOUND_BYTES + columns.boundBytes(from, ends[g]));
      }

      reader.read(writer.finish());

      assertThat(reader.tenant()).isEqualTo(SHOP);
      assertThat(reader.collectorId()).isEqualTo(seed);
      assertThat(reader.groupCount()).isEqualTo(groups);
      for (int g = 0; g < groups; g++) {
        assertThat(reader.setNumber(g)).isEqualTo(g * 1_000_003L);
        assertThat(reader.kind(g)).isEqualTo(kinds[g]);
        assertThat(reader.groupEnd(g)).isEqualTo(ends[g]);
        for (int i = reader.groupStart(g); i < reader.groupEnd(g); i++) {
          assertSame(reader.columns(), columns, i, kinds[g]);
        }
      }
    }
  }

  @ParameterizedTest
  @ValueSource(longs = {21, 22, 23, 24})
  void brokenRecordsAreRefusedAsAWholeAndNeverWorse(long seed) {
    var random = new Random(seed);
    var reader = new RecordReader();
    var writer = new RecordWriter();
    for (int round = 0; round < 3_000; round++) {
      var columns = new SampleColumns(4);
      var kind = SampleKind.values()[random.nextInt(SampleKind.COUNT)];
      addSamples(columns, kind, 1 + random.nextInt(20), random);
      writer.begin(SHOP, seed);
      writer.group(1, kind, columns, 0, columns.size());
      var bytes = writer.finish();
      switch (random.nextInt(3)) {
        case 0 -> bytes = Arrays.copyOf(bytes, random.nextInt(bytes.length));
        case 1 -> random.nextBytes(bytes);
        default -> {
          for (int flips = 1 + random.nextInt(4); flips > 0; flips--) {
            bytes[random.nextInt(bytes.length)] = (byte) random.nextInt();
          }
        }
      }

      try {
        reader.read(bytes);
        assertThat(reader.columns().size()).isLessThanOrEqualTo(2 * bytes.length);
      } catch (Failure refused) {
        assertThat(refused.category()).isEqualTo(Failure.Category.CORRUPT);
        assertThat(refused.getMessage()).contains("record at byte");
      }
    }
  }

  @Test
  void aNewerVersionIsRefusedWithBothVersions() {
    var writer = new RecordWriter();
    writer.begin(SHOP, 1);
    var bytes = writer.finish();
    bytes[3] = 9;

    assertThatThrownBy(() -> new RecordReader().read(bytes))
        .hasMessageContaining("version is 9, this reader knows 1");
  }

  private static void assertSame(SampleColumns got, SampleColumns want, int i, SampleKind kind) {
    assertThat(got.ordinals()[i]).isEqualTo(want.ordinals()[i]);
    assertThat(got.times()[i]).isEqualTo(want.times()[i]);
    assertThat(got.startMs(i)).isEqualTo(want.startMs(i));
    if (kind.isHistogram()) {
      assertThat(got.histogram(i)).isEqualTo(want.histogram(i));
    } else {
      assertThat(Double.doubleToRawLongBits(got.values()[i]))
          .isEqualTo(Double.doubleToRawLongBits(want.values()[i]));
    }
  }

  private static void addSamples(SampleColumns columns, SampleKind kind, int count, Random random) {
    boolean starts = kind.isDelta() || random.nextInt(3) == 0;
    int ordinal = random.nextInt(1000);
    long time = 1_700_000_000_000L + random.nextInt();
    for (int i = 0; i < count; i++) {
      ordinal = switch (random.nextInt(6)) {
        case 0 -> random.nextInt(RecordWriter.MAX_SERIES_PER_SET);
        case 1 -> ordinal;
        default -> Math.min(ordinal + 1, RecordWriter.MAX_SERIES_PER_SET - 1);
      };
      time = switch (random.nextInt(5)) {
        case 0 -> random.nextLong();
        case 1 -> time + 15_000;
        default -> time;
      };
      long start = starts ? time - random.nextInt(100_000) : 0;
      if (kind.isHistogram()) {
        columns.add(ordinal, time, start, histogram(random));
      } else {
        columns.add(ordinal, time, start, value(random));
      }
    }
  }

  private static double value(Random random) {
    return switch (random.nextInt(12)) {
      case 0 -> 0.0;
      case 1 -> -0.0;
      case 2 -> SampleValues.STALE_NAN;
      case 3 -> Double.longBitsToDouble(0x7ff0000000000000L | random.nextInt(1 << 30));
      case 4 -> Double.NEGATIVE_INFINITY;
      case 5 -> Double.MIN_VALUE * random.nextInt(5);
      case 6 -> random.nextInt(1000) / 1000.0;
      case 7 -> random.nextInt() / 1e9;
      case 8 -> random.nextInt(100_000);
      case 9 -> (double) (1L << 53) + random.nextInt(8) - 4;
      case 10 -> -random.nextInt(100_000) * 1.25e-7;
      default -> Double.longBitsToDouble(random.nextLong());
    };
  }

  private static NativeHistogram histogram(Random random) {
    boolean whole = random.nextBoolean();
    int schema = random.nextInt(8) == 0 ? NativeHistogram.CUSTOM_BOUNDS : random.nextInt(13) - 4;
    int positive = random.nextInt(6);
    int negative = schema == NativeHistogram.CUSTOM_BOUNDS ? 0 : random.nextInt(3);
    return new NativeHistogram(whole, ResetHint.ofCode(random.nextInt(4)), schema, value(random),
        bits(whole, random), bits(whole, random), value(random), spans(positive, random),
        counts(positive, whole, random), spans(negative, random), counts(negative, whole, random),
        schema == NativeHistogram.CUSTOM_BOUNDS
            ? new double[] {0.1, 0.2, value(random)}
            : new double[0]);
  }

  private static long bits(boolean whole, Random random) {
    return whole
        ? random.nextLong() >>> random.nextInt(64)
        : Double.doubleToRawLongBits(value(random));
  }

  private static int[] spans(int buckets, Random random) {
    return buckets == 0
        ? new int[0]
        : buckets == 1
            ? new int[] {random.nextInt(), 1}
            : new int[] {-random.nextInt(100), 1, random.nextInt(9), buckets - 1};
  }

  private static long[] counts(int buckets, boolean whole, Random random) {
    var counts = new long[buckets];
    Arrays.setAll(counts, i -> bits(whole, random));
    return counts;
  }
}
