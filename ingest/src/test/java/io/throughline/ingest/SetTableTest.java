package io.throughline.ingest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.throughline.model.Failure;
import io.throughline.model.Labels;
import io.throughline.model.MetricType;
import io.throughline.model.SeriesMetadata;
import io.throughline.model.Tenant;
import io.throughline.model.wire.SetWriter;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Objects;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SetTableTest {

  private static final Tenant SHOP = new Tenant("shop");
  private static final SeriesMetadata ABOUT = new SeriesMetadata(MetricType.GAUGE, "", "");

  private final SetTable table = new SetTable();
  private final RecordingWriter writer = new RecordingWriter();

  private SetTable.SeriesSet set(long number) {
    return Objects.requireNonNull(table.find(1, number));
  }

  private static byte[] addition(Tenant tenant, long set, int first, int count) {
    var addition = new SetWriter();
    addition.begin();
    for (int i = first; i < first + count; i++) {
      addition.add(Labels.of("__name__", "m", "i", "" + i).canonicalBytes(), ABOUT);
    }
    return addition.finish(tenant, 1, set, first);
  }

  @Test
  void whatCompactionLeavesInAnotherOrderIsWholeInTheEnd() {
    // The first copy of the first addition was compacted away, the second addition's not yet.
    table.add(addition(SHOP, 1, 10, 10), 1);
    assertThat(set(1).knows(5)).isFalse();
    table.add(addition(SHOP, 1, 0, 10), 2);
    table.add(addition(SHOP, 1, 10, 10), 3);

    for (int i = 0; i < 20; i++) {
      assertThat(set(1).knows(i)).isTrue();
    }
    assertThat(set(1).knows(20)).isFalse();
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5})
  void overlappingAdditionsInAnyOrderGiveEachOrdinalItsSeries(long seed) {
    var random = new Random(seed);
    var additions = new ArrayList<byte[]>();
    for (int first = 0; first < 300;) {
      int count = 1 + random.nextInt(40);
      additions.add(addition(SHOP, 1, first, count));
      // A turn that did not wait for the one before announces its series too.
      first += random.nextInt(3) == 0 ? (count + 1) / 2 : count;
    }
    Collections.shuffle(additions, random);
    int offset = 0;
    for (var one : additions) {
      table.add(one, offset++);
      if (random.nextBoolean()) {
        table.add(one, offset++);
      }
      var set = set(1);
      int ordinal = random.nextInt(300);
      if (set.knows(ordinal)) {
        set.seriesId(ordinal, writer);
      }
    }

    for (int i = 0; i < 300; i++) {
      int id = set(1).seriesId(i, writer);
      writer.append(id, i, 0, 0);
    }
    for (var call : writer.calls()) {
      assertThat(call.split(" ")[0]).endsWith("shop/m{i=\"" + call.split(" ")[1] + "\"}");
    }
  }

  @Test
  void aSetOfAnotherTenantIsNotTakenOver() {
    table.add(addition(SHOP, 1, 0, 5), 1);
    table.add(addition(new Tenant("thief"), 1, 5, 5), 2);

    assertThat(set(1).tenant()).isEqualTo(SHOP);
    assertThat(set(1).knows(5)).isFalse();
  }

  @Test
  void aSetGoesWhenItsTopicHoldsNothingOfIt() {
    table.add(addition(SHOP, 1, 0, 5), 10);
    table.add(addition(SHOP, 2, 0, 5), 11);
    table.add(addition(SHOP, 1, 0, 5), 12);

    table.dropBelow(12);

    assertThat(table.find(1, 1)).isNotNull();
    assertThat(table.find(1, 2)).isNull();
    assertThat(table.size()).isEqualTo(1);
  }

  @ParameterizedTest
  @ValueSource(longs = {11, 12, 13})
  void brokenAdditionsAreRefusedAndChangeNothing(long seed) {
    var random = new Random(seed);
    for (int round = 0; round < 2_000; round++) {
      var bytes = addition(SHOP, 1, random.nextInt(100), 1 + random.nextInt(20));
      for (int flips = 1 + random.nextInt(4); flips > 0; flips--) {
        bytes[random.nextInt(bytes.length)] = (byte) random.nextInt();
      }
      try {
        table.add(bytes, round);
      } catch (Failure refused) {
        assertThat(refused.category()).isEqualTo(Failure.Category.CORRUPT);
      }
    }
    assertThatThrownBy(() -> table.add(new byte[3], 0)).isInstanceOf(Failure.class);
  }
}
