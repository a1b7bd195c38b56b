package io.throughline.model.wire;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.throughline.model.Failure;
import io.throughline.model.Fingerprint;
import io.throughline.model.Tenant;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

class ShardLoadTest {

  private static Fingerprint random(Random random) {
    return new Fingerprint(random.nextLong(), random.nextLong());
  }

  @Test
  void aLoadReadsBackAsItWasWrittenAndHasTheBytesOfThePage() {
    var series = new LinkedHashMap<Tenant, Long>();
    series.put(new Tenant("shop"), 300L);
    var load = new ShardLoad(3, 0x0102030405060708L, 1_000, 2, series);

    var bytes = load.value();

    assertThat(HexFormat.of().formatHex(bytes))
        .isEqualTo("01" + "0807060504030201" + "e807" + "02" + "01" + "04" + "73686f70" + "ac02");
    assertThat(ShardLoad.read(3, bytes)).isEqualTo(load);
    assertThat(ShardLoad.readKey(ShardLoad.key(300))).isEqualTo(new ShardLoad.Key(300, false, 0));
    assertThat(ShardLoad.readKey(ShardLoad.pieceKey(3, 200)))
        .isEqualTo(new ShardLoad.Key(3, true, 200));
  }

  @Test
  void whatIsNoLoadIsRefused() {
    var bytes = new ShardLoad(0, 1, 2, 0, Map.of(new Tenant("a"), 1L)).value();
    for (int size = 0; size < bytes.length; size++) {
      var cut = Arrays.copyOf(bytes, size);
      assertThatThrownBy(() -> ShardLoad.read(0, cut)).isInstanceOf(Failure.class);
    }
    assertThatThrownBy(() -> ShardLoad.readKey(new byte[] {9})).isInstanceOf(Failure.class);
    assertThatThrownBy(() -> ShardLoad.readPiece(new byte[7])).isInstanceOf(Failure.class);
  }

  @Test
  void aFilterMissesNoSeriesAndPassesFewOthers() {
    int count = 60_000;
    var random = new Random(5);
    var filter = new SeriesFilter(SeriesFilter.piecesFor(count));
    for (int i = 0; i < count; i++) {
      filter.add(random(random));
    }
    var again = new Random(5);
    for (int i = 0; i < count; i++) {
      assertThat(filter.contains(random(again))).isTrue();
    }
    int passed = 0;
    for (int i = 0; i < count; i++) {
      passed += filter.contains(random(random)) ? 1 : 0;
    }

    assertThat(passed).isLessThan(count / 500);
  }

  @Test
  void onlyPiecesThatChangedAreTaken() {
    var filter = new SeriesFilter(8);
    for (int piece = 0; piece < 8; piece++) {
      assertThat(filter.takeChanged()).isEqualTo(piece);
    }
    assertThat(filter.takeChanged()).isEqualTo(-1);
    var series = random(new Random(1));
    filter.add(series);

    int changed = filter.takeChanged();
    filter.add(series);

    assertThat(changed).isNotNegative();
    assertThat(filter.takeChanged()).isEqualTo(-1);
    var copy = SeriesFilter.ofAll(8);
    assertThat(copy.contains(random(new Random(2)))).isTrue();
    for (int piece = 0; piece < 8; piece++) {
      copy.put(piece, filter.piece(piece));
    }
    assertThat(copy.contains(series)).isTrue();
    assertThat(copy.contains(random(new Random(2)))).isFalse();
  }
}
