package io.throughline.collector.produce;

import static org.assertj.core.api.Assertions.assertThat;

import io.throughline.model.Fingerprint;
import io.throughline.model.Labels;
import io.throughline.model.Tenant;
import io.throughline.model.wire.SeriesFilter;
import io.throughline.model.wire.ShardLoad;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class SeriesBoundsTest {
  private static final Tenant SHOP = new Tenant("shop");
  private static final long SECOND = 1_000_000_000L;

  private final SeriesBounds bounds = new SeriesBounds(0.5);
  private final TenantSeries shop = new TenantSeries(SHOP, 2);
  private final TenantSeries other = new TenantSeries(new Tenant("other"), 2);
  private long nowNanos = 10 * SECOND;

  @BeforeEach
  void everythingThatWasSaidIsRead() {
    bounds.readToEnd(true);
  }

  private static byte[] series(int i) {
    return Labels.of("__name__", "m", "i", "" + i).canonicalBytes();
  }

  private @Nullable Refusal ask(TenantSeries tenant, int partition, int i) {
    return bounds.refusal(tenant, partition, series(i), nowNanos);
  }

  private static ShardLoad load(int partition, long node, long shop, int pieces) {
    return new ShardLoad(partition, node, 100, pieces, Map.of(SHOP, shop));
  }

  /** Its shard has said that it holds all there is room for, and knows none of those asked for. */
  private void full(int partition) {
    bounds.take(load(partition, 7, 100, 1));
    bounds.takePiece(partition, 0,
        ShardLoad.readPiece(ShardLoad.pieceValue(new SeriesFilter(1).piece(0))));
  }

  @Test
  void beforeAShardHasSpokenAndWithoutABoundEverySeriesIsTaken() {
    bounds.take(new ShardLoad(1, 7, 0, 0, Map.of(SHOP, 1_000_000L)));

    assertThat(ask(shop, 0, 1)).isNull();
    assertThat(ask(shop, 1, 1)).isNull();
  }

  @Test
  void nothingIsRefusedWhileWhatWasSaidEarlierIsStillRead() {
    bounds.readToEnd(false);
    full(0);

    assertThat(ask(shop, 0, 1)).isNull();
    bounds.readToEnd(true);
    assertThat(ask(shop, 0, 1)).isNotNull();
  }

  @Test
  void aShardThatHasNotSaidWhichSeriesItHoldsIsGivenTheTime() {
    full(0);
    bounds.take(load(1, 7, 10, 0));

    assertThat(ask(shop, 1, 1)).isNull();
    bounds.take(load(1, 7, 10, 1));
    bounds.takePiece(1, 0, ShardLoad.readPiece(ShardLoad.pieceValue(new SeriesFilter(1).piece(0))));
    assertThat(ask(shop, 1, 1)).isNotNull();
  }

  @Test
  void theShardsOfANodeShareItsBoundAndATenantHasItsShareOfIt() {
    bounds.take(load(0, 7, 20, 0));
    bounds.take(load(1, 7, 29, 0));

    assertThat(ask(shop, 0, 1)).isNull();
    var refused = Objects.requireNonNull(ask(shop, 1, 2));

    assertThat(refused.text()).isEqualTo(
        "the shards hold 49 (and 1 about to come) series of tenant 'shop', of the memory "
            + "set aside it may take that of 50 (collector.intake.tenant-memory-ratio)");
    assertThat(refused.passes()).isFalse();
    for (int i = 0; i < 50; i++) {
      assertThat(ask(other, i % 2, i)).isNull();
    }
    assertThat(ask(other, 0, 51)).extracting(Refusal::reason).isEqualTo("memory");
  }

  @Test
  void theShardsOfAnotherNodeHaveTheirOwnBound() {
    full(0);
    bounds.take(load(1, 8, 1, 0));

    assertThat(ask(shop, 0, 1)).isNotNull();
    assertThat(ask(shop, 1, 1)).isNull();
  }

  @Test
  void whatWasAdmittedCountsUntilItsShardHasHadTheTimeToSaySo() {
    bounds.take(load(0, 7, 0, 0));
    for (int i = 0; i < 50; i++) {
      assertThat(ask(shop, 0, i)).isNull();
    }
    assertThat(ask(shop, 0, 50)).isNotNull();

    bounds.take(load(0, 7, 30, 0));
    nowNanos += 5 * SECOND;

    for (int i = 0; i < 20; i++) {
      assertThat(ask(shop, 0, 100 + i)).isNull();
    }
    assertThat(ask(shop, 0, 200)).isNotNull();
  }

  @Test
  void whatItsShardHasSaidIsCountedTwiceForTwoSecondsAtMost() {
    bounds.take(load(0, 7, 0, 0));
    for (int i = 0; i < 30; i++) {
      assertThat(ask(shop, 0, i)).isNull();
    }
    bounds.take(load(0, 7, 30, 0));

    nowNanos += SECOND;
    assertThat(ask(shop, 0, 100)).isNotNull();
    nowNanos += SECOND + SECOND / 4;
    for (int i = 0; i < 20; i++) {
      assertThat(ask(shop, 0, 200 + i)).isNull();
    }
    assertThat(ask(shop, 0, 300)).isNotNull();
  }

  @Test
  void aSeriesThatItsShardKnowsIsAlwaysTaken() {
    var filter = new SeriesFilter(1);
    for (int i = 0; i < 100; i++) {
      filter.add(Fingerprint.of(shop.hashSeed, series(i), 0, series(i).length));
    }
    bounds.take(load(0, 7, 100, 1));
    // Whatever the shard may know, until it has said what.
    assertThat(ask(shop, 0, 5_000)).isNull();

    bounds.takePiece(0, 0, ShardLoad.readPiece(ShardLoad.pieceValue(filter.piece(0))));

    for (int i = 0; i < 100; i++) {
      assertThat(ask(shop, 0, i)).isNull();
    }
    assertThat(ask(shop, 0, 5_000)).isNotNull();
    assertThat(ask(other, 0, 1)).isNotNull();
  }

  @Test
  void theLabelThatTakesEverNewValuesIsNamed() {
    var growth = new LabelGrowth();
    for (int i = 0; i < 20_000; i++) {
      growth.add(Labels.of("__name__", "hits", "path", "/p" + i % 300, "session", "s" + i));
    }

    var worst = growth.worst(1);

    assertThat(worst).startsWith("; label 'session' explodes: about ").endsWith("such as 's19999'");
    assertThat(Integer.parseInt(worst.replaceAll(".*about (\\d+) values.*", "$1")))
        .isBetween(17_000, 23_000);
    assertThat(new LabelGrowth().worst(1)).isEmpty();
  }
}
