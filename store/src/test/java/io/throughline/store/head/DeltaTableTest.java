package io.throughline.store.head;

import static org.assertj.core.api.Assertions.assertThat;

import io.throughline.model.NativeHistogram;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What deltas become, in log order. */
final class DeltaTableTest {
  private final DeltaTable table = new DeltaTable();
  private final List<String> samples = new ArrayList<>();

  private void apply(DeltaTable target, long startMs, long endMs, double value) {
    target.apply(3, startMs, endMs, value, null,
        (id, timeMs, start, total, histogram) -> samples.add(timeMs + "@" + start + "=" + total));
  }

  @Test
  void neighbouringIntervalsAddUpUnderOneStart() {
    apply(table, 10, 20, 1);
    apply(table, 20, 30, 2);

    assertThat(samples).containsExactly("20@10=1.0", "30@10=3.0");
  }

  @Test
  void anIntervalAppliedAlreadyIsCountedAndIgnored() {
    apply(table, 10, 20, 1);
    apply(table, 20, 30, 2);
    apply(table, 10, 20, 1);

    assertThat(samples).hasSize(2);
    assertThat(table.ignored()).isEqualTo(1);
  }

  @Test
  void aGapBeginsANewTotalWithItsOwnStart() {
    apply(table, 10, 20, 1);
    apply(table, 25, 30, 2);

    assertThat(samples).containsExactly("20@10=1.0", "30@25=2.0");
  }

  @Test
  void aLateDistinctIntervalRaisesTheTotalAtTheLastEnd() {
    apply(table, 10, 20, 1);
    apply(table, 20, 30, 2);
    apply(table, 5, 10, 4);

    assertThat(samples).endsWith("30@10=7.0");
  }

  @Test
  void aRestoredTableContinuesAsIfNothingHadHappened() {
    for (int i = 0; i < 100; i++) {
      apply(table, i * 10, i * 10 + 10, 1);
    }
    var restored = new DeltaTable();
    restored.restore(table.content().toByteArray());
    samples.clear();

    apply(restored, 990, 1000, 1);
    apply(restored, 20, 30, 1);
    apply(restored, 1000, 1010, 1);

    assertThat(restored.ignored()).isEqualTo(2);
    assertThat(samples).containsExactly("1010@0=101.0");
    assertThat(restored.content().toByteArray()).hasSameSizeAs(restored.content().toByteArray());
  }

  private static NativeHistogram histogram(int schema, int firstBucket, long... counts) {
    long total = 0;
    for (long count : counts) {
      total += count;
    }
    return new NativeHistogram(true, NativeHistogram.ResetHint.UNKNOWN, schema, 0, 0, total, total,
        new int[] {firstBucket, counts.length}, counts, new int[0], new long[0], new double[0]);
  }

  @Test
  void histogramsAddBucketByBucketAndTheCoarserSchemaIsTaken() {
    var sum = HistogramSum.add(histogram(1, 1, 1, 2, 3, 4), histogram(0, 5, 9));

    assertThat(sum)
        .isEqualTo(new NativeHistogram(true, NativeHistogram.ResetHint.UNKNOWN, 0, 0, 0, 19, 19,
            new int[] {1, 2, 2, 1}, new long[] {3, 7, 9}, new int[0], new long[0], new double[0]));
  }

  @Test
  void theTotalOfHistogramsSurvivesARestart() {
    table.apply(3, 0, 10, 0, histogram(1, 1, 5), (id, timeMs, start, total, h) -> samples.add(""));
    var restored = new DeltaTable();
    restored.restore(table.content().toByteArray());
    var seen = new ArrayList<NativeHistogram>();

    restored.apply(3, 10, 20, 0, histogram(1, 1, 2), (id, timeMs, start, total, h) -> {
      if (h != null) {
        seen.add(h);
      }
    });

    assertThat(seen).containsExactly(histogram(1, 1, 7));
  }
}
