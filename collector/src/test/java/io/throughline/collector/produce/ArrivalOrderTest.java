package io.throughline.collector.produce;

import static org.assertj.core.api.Assertions.assertThat;

import io.throughline.model.Tenant;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.Test;

class ArrivalOrderTest {
  private static final SeriesSet SET = new SeriesSet(new Tenant("shop"), 0, 1);

  private static SeriesEntry entry(int i) {
    return new SeriesEntry(i, i, SET, i, 0);
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  @Test
  void aSeriesIsFoundAtItsPlaceByItsBytesAlone() {
    var order = new ArrivalOrder(1 << 20);
    var first = entry(1);
    var second = entry(2);

    int place = order.add(first, bytes("..first.."), 2, 7);
    order.add(second, bytes("second"), 0, 6);

    assertThat(order.match(place, bytes("first and more"), 0, 14)).isSameAs(first);
    assertThat(first.arrivedLength).isEqualTo(5);
    assertThat(order.match(place + 1, bytes("xxsecond"), 2, 8)).isSameAs(second);
    assertThat(order.match(place, bytes("firsx"), 0, 5)).isNull();
    assertThat(order.match(place, bytes("firs"), 0, 4)).isNull();
    assertThat(order.match(place + 2, bytes("first"), 0, 5)).isNull();
    assertThat(order.match(-1, bytes("first"), 0, 5)).isNull();
    assertThat(order.placeOf(second)).isEqualTo(place + 1);
  }

  @Test
  void aSeriesHasOnePlaceAndBeyondItsBoundNothingIsTaken() {
    var order = new ArrivalOrder(64);
    var first = entry(1);

    assertThat(order.add(first, bytes("0123456789"), 0, 10))
        .isEqualTo(order.add(first, bytes("0123456789"), 0, 10));
    for (int i = 2; i < 30; i++) {
      order.add(entry(i), bytes("0123456789"), 0, 10);
    }

    assertThat(order.bytes()).isEqualTo(60);
    assertThat(order.isFull()).isFalse();
    assertThat(order.add(entry(40), bytes("0123"), 0, 4)).isEqualTo(6);
    assertThat(order.isFull()).isTrue();
    assertThat(order.add(entry(41), bytes("0"), 0, 1)).isEqualTo(-1);
  }

  @Test
  void seriesOfOneRequestStandTogetherWhateverCameMeanwhile() {
    var order = new ArrivalOrder(1 << 20);
    var arrived = bytes("a0a1");
    var entries = List.of(entry(1), entry(2));
    var run = new ArrivalOrder.Run();
    run.add(entries.get(0), arrived, 0, 2);
    order.add(entry(3), bytes("b0"), 0, 2);
    run.add(entries.get(1), arrived, 2, 4);
    order.add(entry(4), bytes("b1"), 0, 2);

    order.add(run);
    run.clear();
    order.add(run);

    int place = order.placeOf(entries.get(0));
    assertThat(order.placeOf(entries.get(1))).isEqualTo(place + 1);
    assertThat(order.match(place, arrived, 0, 4)).isSameAs(entries.get(0));
    assertThat(order.match(place + 1, arrived, 2, 4)).isSameAs(entries.get(1));
    assertThat(order.bytes()).isEqualTo(8);
  }

  @Test
  void aRunOfAnySizeIsTaken() {
    var order = new ArrivalOrder(1 << 20);
    var run = new ArrivalOrder.Run();
    var arrived = bytes("0123456789");
    var entries = new ArrayList<SeriesEntry>();
    for (int i = 0; i < 1_000; i++) {
      entries.add(entry(i));
      run.add(entries.get(i), arrived, i % 9, i % 9 + 1);
    }

    order.add(run);

    for (int i = 0; i < entries.size(); i++) {
      assertThat(order.match(i, arrived, i % 9, 10)).isSameAs(entries.get(i));
    }
  }

  @Test
  void whatWasClearedIsFoundNoMoreAndMayComeAgain() {
    var order = new ArrivalOrder(1 << 20);
    var old = entry(1);
    for (int i = 2; i < 100; i++) {
      order.add(entry(i), bytes("series" + i), 0, 7);
    }
    order.add(old, bytes("old"), 0, 3);

    order.clear();

    assertThat(order.placeOf(old)).isEqualTo(-1);
    assertThat(order.match(98, bytes("old"), 0, 3)).isNull();
    assertThat(order.bytes()).isZero();
    assertThat(order.match(order.add(old, bytes("old"), 0, 3), bytes("old"), 0, 3)).isSameAs(old);
  }

  /** Both threads find a series or none, never another one, while one adds and clears. */
  @Test
  void readersMeanwhileFindTheRightSeriesOrNone() throws Exception {
    var order = new ArrivalOrder(1 << 16);
    var entries = new ArrayList<SeriesEntry>();
    var arrived = new ArrayList<byte[]>();
    var random = new Random(7);
    for (int i = 0; i < 2_000; i++) {
      entries.add(entry(i));
      arrived.add(bytes("s" + i + "x".repeat(random.nextInt(60)) + "."));
    }
    Callable<Integer> reader = () -> {
      int found = 0;
      for (int round = 0; round < 200; round++) {
        for (int i = 0; i < entries.size(); i++) {
          var bytes = arrived.get(i);
          var hit = order.match(entries.get(i).place, bytes, 0, bytes.length);
          if (hit != null) {
            assertThat(hit).isSameAs(entries.get(i));
            found++;
          }
        }
      }
      return found;
    };
    try (var threads = Executors.newFixedThreadPool(3)) {
      var readers = List.of(threads.submit(reader), threads.submit(reader));
      threads.submit(() -> {
        for (int round = 0; round < 50; round++) {
          for (int i = 0; i < entries.size(); i++) {
            order.add(entries.get(i), arrived.get(i), 0, arrived.get(i).length);
          }
          if (round % 7 == 0) {
            order.clear();
          }
        }
      }).get();
      for (var one : readers) {
        one.get();
      }
    }
    int last = entries.size() - 1;
    order.clear();
    int place = order.add(entries.get(last), arrived.get(last), 0, arrived.get(last).length);
    assertThat(order.match(place, arrived.get(last), 0, arrived.get(last).length))
        .isSameAs(entries.get(last));
  }
}
