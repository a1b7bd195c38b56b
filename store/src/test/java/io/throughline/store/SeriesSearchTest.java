package io.throughline.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.throughline.model.Failure;
import io.throughline.model.Labels;
import io.throughline.model.Matcher;
import io.throughline.model.SeriesMetadata;
import io.throughline.model.Tenant;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What selectors find, before and after the index has caught up, beside a plain filter. */
final class SeriesSearchTest {
  private static final StoreSettings QUIET = StoreSettings.DEFAULTS.withBackgroundMerges(false);

  @TempDir
  private Path folder;

  private static int add(ShardWriter writer, Tenant tenant, Labels labels) {
    var bytes = labels.canonicalBytes();
    int id = writer.seriesId(tenant, bytes, 0, bytes.length, SeriesMetadata.UNKNOWN);
    writer.append(id, 1000, 0, 1);
    return id;
  }

  private static List<Labels> find(Store store, Tenant tenant, Matcher... matchers) {
    try (var snapshot = store.snapshot()) {
      return snapshot.select(tenant, List.of(matchers), 0, 2000, 1 << 20)
          .stream()
          .map(Snapshot.Series::labels)
          .toList();
    }
  }

  private static final List<Matcher> MATCHERS = List.of(Matcher.equal("zone", "z1"),
      Matcher.equal("zone", ""), Matcher.notEqual("zone", "z1"), Matcher.notEqual("zone", ""),
      Matcher.regex("zone", "z[12]|"), Matcher.regex("zone", ".*"), Matcher.regex("zone", ".+"),
      Matcher.notRegex("zone", "z1|z2"), Matcher.notRegex("zone", ""), Matcher.equal("none", ""),
      Matcher.equal("none", "x"), Matcher.regex("host", "h1.*"), Matcher.equal("__name__", "m1"),
      Matcher.equal("host", "h17"), Matcher.notEqual("host", "h17"),
      Matcher.regex("host", "h17|h2500|h3999|no"), Matcher.regex("host", "h1.+7"),
      Matcher.regex("host", "h39..|"), Matcher.notRegex("host", "h1.*|h2.*"),
      Matcher.notRegex("zone", ".*"), Matcher.notRegex("zone", ".+"),
      Matcher.notRegex("zone", "z1|"), Matcher.regex("zone", "[z]1"));

  private static boolean accepts(Labels labels, Matcher matcher) {
    var value = labels.getOrEmpty(matcher.label());
    return switch (matcher.operator()) {
      case EQUAL -> value.equals(matcher.value());
      case NOT_EQUAL -> !value.equals(matcher.value());
      case REGEX -> value.matches(matcher.value());
      case NOT_REGEX -> !value.matches(matcher.value());
    };
  }

  @Test
  void everySelectorFindsTheSameBeforeAndAfterTheIndexCaughtUpAndAfterARestart() {
    var tenants = List.of(new Tenant("a"), new Tenant("ab"));
    var all = new ArrayList<List<Labels>>(List.of(new ArrayList<>(), new ArrayList<>()));
    var random = new Random(7);
    try (var store = Store.open(folder, QUIET)) {
      var writer = store.shard(0);
      for (int i = 0; i < 4000; i++) {
        var labels = Labels.of("__name__", "m" + i % 5, "host", "h" + i, "zone",
            i % 3 == 0 ? "" : "z" + random.nextInt(4));
        int tenant = random.nextInt(2);
        add(writer, tenants.get(tenant), labels);
        all.get(tenant).add(labels);
        if (i == 2500) {
          writer.applied(new LogPosition("c", "t", 0, 1));
          writer.flush();
          store.maintain();
        }
      }
      writer.applied(new LogPosition("c", "t", 0, 2));
      check(store, tenants, all);
      writer.flush();
      store.maintain();
      // The second time from postings that are kept.
      check(store, tenants, all);
      check(store, tenants, all);
      assertThat(store.statistics().postingsBytes()).isBetween(10_000L, (256L << 10) + 8 * 4000);
    }

    try (var store = Store.open(folder, QUIET)) {
      check(store, tenants, all);
    }
  }

  private static void check(Store store, List<Tenant> tenants, List<List<Labels>> all) {
    for (int t = 0; t < tenants.size(); t++) {
      for (var one : MATCHERS) {
        for (var other : List.of(Matcher.equal("none", ""), Matcher.notEqual("__name__", "m2"),
            Matcher.regex("__name__", "m[34]"))) {
          var wanted = all.get(t)
              .stream()
              .filter(labels -> accepts(labels, one) && accepts(labels, other))
              .sorted()
              .toList();

          assertThat(find(store, tenants.get(t), one, other)).as(one + " " + other)
              .isEqualTo(wanted);
        }
      }
    }
  }

  @Test
  void aLabelValueLongerThanATermIsFoundExactly() {
    var tenant = new Tenant("long");
    var first = "x".repeat(40_000) + "1";
    var second = "x".repeat(40_000) + "2";
    try (var store = Store.open(folder, QUIET)) {
      var writer = store.shard(0);
      add(writer, tenant, Labels.of("__name__", "m", "v", first));
      add(writer, tenant, Labels.of("__name__", "m", "v", second));
      for (int i = 0; i < 1200; i++) {
        add(writer, tenant, Labels.of("__name__", "m", "v", "s" + i));
      }
      writer.applied(new LogPosition("c", "t", 0, 1));
      store.maintain();

      assertThat(find(store, tenant, Matcher.equal("v", first))).hasSize(1);
      assertThat(find(store, tenant, Matcher.regex("v", "x+2"))).hasSize(1);
      assertThat(find(store, tenant, Matcher.notRegex("v", "x+2|s.*"))).hasSize(1);
      assertThat(find(store, tenant, Matcher.notEqual("v", second))).hasSize(1201);
    }
  }

  @Test
  void someHundredSeriesAreIndexedOnceNoMoreCome() {
    var tenant = new Tenant("a");
    try (var store = Store.open(folder, QUIET)) {
      var writer = store.shard(0);
      for (int i = 0; i < 300; i++) {
        add(writer, tenant, Labels.of("__name__", "m", "i", "v" + i));
      }
      writer.applied(new LogPosition("c", "t", 0, 1));
      for (int look = 1; look <= 2; look++) {
        store.maintain();

        assertThat(find(store, tenant, Matcher.equal("__name__", "m"))).hasSize(300);
        assertThat(store.statistics().postingsBytes() > 0).isEqualTo(look == 2);
      }
    }
  }

  @Test
  void aThousandFreshTenantsAnswerAtOnceAndSeeOnlyTheirOwn() {
    try (var store = Store.open(folder, QUIET)) {
      var writer = store.shard(0);
      for (int t = 0; t < 1000; t++) {
        var tenant = new Tenant("t" + t);
        for (int i = 0; i < 10; i++) {
          add(writer, tenant, Labels.of("__name__", "m", "i", "v" + i));
        }
        writer.applied(new LogPosition("c", "t", 0, t + 1));
        if (t % 97 == 0) {
          store.maintain();
        }
        assertThat(find(store, tenant, Matcher.equal("__name__", "m"))).hasSize(10);
      }
      try (var snapshot = store.snapshot()) {
        assertThat(snapshot.labelValues(new Tenant("t5"), "i", List.of(), 0, 2000)).hasSize(10);
        assertThat(snapshot.labelNames(new Tenant("t5"), List.of(), 0, 2000))
            .containsExactly("__name__", "i");
        assertThat(snapshot.labelNames(new Tenant("t5"), List.of(), 3000, 4000)).isNotNull();
      }
    }
  }

  @Test
  void aLimitOrAWrongExpressionSaysWhatIsWrong() {
    var tenant = new Tenant("a");
    try (var store = Store.open(folder, QUIET)) {
      var writer = store.shard(0);
      for (int i = 0; i < 5; i++) {
        add(writer, tenant, Labels.of("__name__", "m", "i", "v" + i));
      }
      writer.applied(new LogPosition("c", "t", 0, 1));
      try (var snapshot = store.snapshot()) {
        assertThatThrownBy(() -> snapshot.select(tenant, List.of(), 0, 2000, 4))
            .isInstanceOf(Failure.class)
            .hasMessageContaining("5 series")
            .hasMessageContaining("limit is 4");
      }
      assertThatThrownBy(() -> find(store, tenant, Matcher.regex("i", "a(")))
          .isInstanceOf(Failure.class)
          .hasMessageContaining("a(");
    }
  }
}
