package io.throughline.collector.produce;

import static org.assertj.core.api.Assertions.assertThat;

import io.throughline.model.Tenant;
import java.util.ArrayList;
import java.util.Random;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;

class SeriesTableTest {

  private static final SeriesSet SET = new SeriesSet(Tenant.DEFAULT, 0, 1);

  private static SeriesEntry entry(long seed, int minute) {
    var random = new Random(seed);
    return new SeriesEntry(random.nextLong(), random.nextLong(), SET, (int) seed, minute);
  }

  @Test
  void anEntryIsFoundByItsWholeHashAlone() {
    var table = new SeriesTable();
    var entry = entry(1, 0);
    table.add(entry);

    assertThat(table.find(entry.hashHigh, entry.hashLow)).isSameAs(entry);
    assertThat(table.find(entry.hashHigh ^ 1, entry.hashLow)).isNull();
    assertThat(table.find(entry.hashHigh, entry.hashLow ^ 1L << 63)).isNull();
  }

  @Test
  void theFirstEntryOfAHashStays() {
    var table = new SeriesTable();
    var first = entry(1, 0);
    table.add(first);
    table.add(new SeriesEntry(first.hashHigh, first.hashLow, SET, 99, 0));

    assertThat(table.find(first.hashHigh, first.hashLow)).isSameAs(first);
    assertThat(table.size()).isEqualTo(1);
  }

  @Test
  void removalKeepsEveryOtherEntry() {
    var table = new SeriesTable();
    for (int i = 0; i < 10_000; i++) {
      table.add(entry(i, i % 3));
    }

    assertThat(table.removeIf(entry -> entry.lastUsedMinute == 0)).isEqualTo(3334);

    assertThat(table.size()).isEqualTo(6666);
    for (int i = 0; i < 10_000; i++) {
      var wanted = entry(i, 0);
      assertThat(table.find(wanted.hashHigh, wanted.hashLow) != null).isEqualTo(i % 3 != 0);
    }
  }

  @Test
  void whatOneThreadAddedIsFoundWhileOthersAddAndRemove() throws Exception {
    var table = new SeriesTable();
    try (var threads = Executors.newFixedThreadPool(4)) {
      var results = new ArrayList<Future<Integer>>();
      for (int t = 0; t < 4; t++) {
        int base = t * 20_000;
        results.add(threads.submit(() -> {
          int missing = 0;
          for (int i = base; i < base + 20_000; i++) {
            var added = entry(i, 1);
            table.add(added);
            var found = table.find(added.hashHigh, added.hashLow);
            missing += found == null || found.ordinal != i ? 1 : 0;
            if (i % 5_000 == 0) {
              table.removeIf(entry -> entry.lastUsedMinute == 0);
            }
          }
          return missing;
        }));
      }
      for (var result : results) {
        assertThat(result.get()).isZero();
      }
    }
    assertThat(table.size()).isEqualTo(80_000);
  }
}
