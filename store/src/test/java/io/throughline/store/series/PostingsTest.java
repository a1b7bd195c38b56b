package io.throughline.store.series;

import static org.assertj.core.api.Assertions.assertThat;

import io.throughline.model.Matcher;
import io.throughline.model.Tenant;
import java.util.BitSet;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

final class PostingsTest {
  private static final Tenant TENANT = new Tenant("a");

  static IntStream seeds() {
    return IntStream.range(0, 50);
  }

  @ParameterizedTest(name = "seed {0}")
  @MethodSource("seeds")
  void sparseAndDenseOnesAnswerAsAPlainSetDoes(int seed) {
    var random = new Random(seed);
    int series = 1 + random.nextInt(2000);
    var set = random(series, random);
    var others = random(series, random);
    int limit = random.nextInt(series + 1);
    for (boolean accepted : new boolean[] {true, false}) {
      var postings = of(set, series, accepted);
      var left = others.stream().toArray();

      int kept = postings.retain(left, left.length);

      assertThat(IntStream.of(left).limit(kept)).containsExactlyElementsOf(
          others.stream().filter(id -> set.get(id) == accepted).boxed().toList());
      assertThat(postings.below(limit)).containsExactly(set.get(0, limit).stream().toArray());
      assertThat(postings.size()).isEqualTo(set.cardinality());
      assertThat(postings.bytes()).isLessThanOrEqualTo(series / 8 + 8);
    }
  }

  private static BitSet random(int series, Random random) {
    var set = new BitSet();
    int share = 1 << random.nextInt(9);
    for (int id = 0; id < series; id++) {
      set.set(id, random.nextInt(share) == 0);
    }
    return set;
  }

  private static Postings of(BitSet set, int series, boolean accepted) {
    var bits = new long[series + 63 >> 6];
    set.stream().forEach(id -> bits[id >> 6] |= 1L << id);
    return Postings.of(bits, accepted, true);
  }

  @Test
  void atItsBoundTheCacheForgetsWhatWasNotAskedForTheLongest() {
    var cache = new PostingsCache(4096);
    var postings = of(new BitSet(), 64, true);
    var first = Matcher.equal("l", "first");
    cache.keep(TENANT, first, postings);
    for (int i = 0; i < 1000; i++) {
      cache.keep(TENANT, Matcher.equal("l", "v" + i), postings);
      assertThat(cache.find(TENANT, first)).isSameAs(postings);
      assertThat(cache.bytes()).isBetween(1L, 4096L);
    }
    assertThat(cache.find(TENANT, Matcher.equal("l", "v1"))).isNull();
    assertThat(cache.find(TENANT, Matcher.equal("l", "v999"))).isSameAs(postings);
    assertThat(cache.find(new Tenant("b"), first)).isNull();
  }

  @Test
  void whatIsLargerThanAQuarterOfTheBoundIsNotKept() {
    var cache = new PostingsCache(4096);
    var large = new BitSet();
    large.set(0, 10_000);
    cache.keep(TENANT, Matcher.equal("l", "v"), of(large, 10_000, true));

    assertThat(cache.find(TENANT, Matcher.equal("l", "v"))).isNull();
    assertThat(cache.bytes()).isZero();
  }
}
