package io.throughline.collector.produce;

import static org.assertj.core.api.Assertions.assertThat;

import io.throughline.model.NativeHistogram;
import io.throughline.model.Tenant;
import io.throughline.model.wire.RecordReader;
import io.throughline.model.wire.SampleColumns;
import io.throughline.model.wire.SampleKind;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class RecordPackerTest {

  private static final Tenant SHOP = new Tenant("shop");

  private record Packed(byte[] bytes, Set<Pending> owners) {}

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5, 6})
  void everySampleIsInARecordThatItsRequestWaitsForInOrderAndNoRecordIsTooLarge(long seed) {
    var random = new Random(seed);
    var sets = List.of(new SeriesSet(SHOP, 0, 1), new SeriesSet(SHOP, 0, 2));
    var batches = new ArrayList<Batch>();
    for (int i = 0; i < 1 + random.nextInt(30); i++) {
      var kind = random.nextInt(3) == 0 ? SampleKind.HISTOGRAM : SampleKind.FLOAT;
      var columns = new SampleColumns();
      for (int n = 1 + random.nextInt(random.nextInt(4) == 0 ? 60_000 : 50); n > 0; n--) {
        // The time says which request and which of its samples this is.
        long time = i * 1_000_000L + n;
        if (kind == SampleKind.FLOAT) {
          columns.add(n % 1000, time, 0, random.nextDouble());
        } else {
          columns.add(n % 1000, time, 0, histogram(random));
        }
      }
      batches.add(new Batch(sets.get(random.nextInt(2)), kind, columns, new Pending()));
    }
    var packed = new ArrayList<Packed>();

    new RecordPacker(7).pack(SHOP, batches,
        (bytes, owners) -> packed.add(new Packed(bytes, owners)));

    int samples = 0;
    var reader = new RecordReader();
    for (var record : packed) {
      assertThat(record.bytes.length).isLessThan(RecordPacker.RECORD_BYTES);
      reader.read(record.bytes);
      for (int group = 0; group < reader.groupCount(); group++) {
        for (int i = reader.groupStart(group); i < reader.groupEnd(group); i++) {
          var batch = batches.get((int) (reader.columns().times()[i] / 1_000_000L));
          assertThat(record.owners).contains(batch.owner);
          assertThat(batch.set.number).isEqualTo(reader.setNumber(group));
          assertThat(batch.kind).isEqualTo(reader.kind(group));
          samples++;
        }
      }
    }
    assertThat(samples).isEqualTo(batches.stream().mapToInt(b -> b.columns.size()).sum());
    assertOrder(packed);
  }

  /** Within a set and kind, requests come in the order of their commits and samples in theirs. */
  private static void assertOrder(List<Packed> packed) {
    var last = new HashMap<String, Long>();
    var reader = new RecordReader();
    for (var record : packed) {
      reader.read(record.bytes);
      for (int group = 0; group < reader.groupCount(); group++) {
        var key = reader.setNumber(group) + " " + reader.kind(group);
        for (int i = reader.groupStart(group); i < reader.groupEnd(group); i++) {
          long time = reader.columns().times()[i];
          long place = time / 1_000_000 * 1_000_000 + (1_000_000 - time % 1_000_000);
          assertThat(place).isGreaterThan(last.getOrDefault(key, -1L));
          last.put(key, place);
        }
      }
    }
  }

  private static NativeHistogram histogram(Random random) {
    var counts = new long[random.nextInt(40)];
    Arrays.setAll(counts, i -> random.nextLong());
    int[] spans = counts.length == 0 ? new int[0] : new int[] {0, counts.length};
    return new NativeHistogram(true, NativeHistogram.ResetHint.UNKNOWN, 3, 0, 1, 1, 1, spans,
        counts, new int[0], new long[0], new double[0]);
  }
}
