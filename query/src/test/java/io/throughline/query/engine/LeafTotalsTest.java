package io.throughline.query.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.throughline.model.Labels;
import io.throughline.query.promql.Parser;
import io.throughline.query.source.MemorySource;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Totals over many series: the same whoever helps, and the same as adding one column after the other. */
class LeafTotalsTest {

  private static final int SERIES = 300;
  private static final ExecutorService OTHERS = Executors.newFixedThreadPool(3);

  @AfterAll
  static void stop() {
    OTHERS.shutdownNow();
  }

  private static MemorySource source() {
    var random = new Random(7);
    var source = new MemorySource();
    for (int i = 0; i < SERIES; i++) {
      var labels = Labels.of("__name__", "m_total", "i", "" + i, "g", "" + i % 7);
      double value = 0;
      for (long time = 0; time <= 600_000; time += 15_000) {
        value = random.nextInt(30) == 0 ? 0 : value + random.nextDouble() * 100;
        boolean odd = random.nextInt(400) == 0;
        double sent = !odd ? value : random.nextBoolean() ? Double.NaN : Double.POSITIVE_INFINITY;
        if (random.nextInt(9) > 0) {
          source.add(labels, time, i % 50 == 49 ? 1.7e308 : sent);
        }
      }
    }
    return source;
  }

  private static QueryResult run(String text, MemorySource source, Helpers helpers) {
    return Engine.run(new Engine.Query(text, Parser.parse(text), 300_000, 600_000, 30_000, 300_000),
        source, new QueryBudget(QueryLimits.DEFAULT, helpers));
  }

  private static String shown(QueryResult result) {
    var text = new StringBuilder();
    for (var series : result.series()) {
      text.append(series.labels()).append(Arrays.toString(series.timesMs()));
      for (double value : series.values()) {
        text.append(Double.doubleToLongBits(value)).append(' ');
      }
    }
    return text.append(result.infos()).append(result.samplesRead()).toString();
  }

  @ParameterizedTest
  @ValueSource(strings = {"sum", "avg", "min", "max", "count", "group", "stddev", "stdvar"})
  void helpersChangeNoBitAndSlicesNoValue(String operation) {
    var source = source();
    var helped = new AtomicInteger();
    Helpers helpers = task -> {
      helped.incrementAndGet();
      OTHERS.execute(task);
      return true;
    };
    for (var call : List.of("rate(m_total[2m])", "avg_over_time(m_total[1m])",
        "last_over_time(m_total[1m])")) {
      var text = operation + " by (g) (" + call + ")";

      var alone = run(text, source, Helpers.NONE);
      var together = run(text, source, helpers);
      // An operator between hides the call, so that columns are added one by one.
      var plain = run(operation + " by (g) (" + call + " + 0)", source, Helpers.NONE);

      assertThat(shown(together)).isEqualTo(shown(alone));
      assertThat(alone.series()).hasSize(7);
      for (int i = 0; i < plain.series().size(); i++) {
        close(plain.series().get(i).values(), alone.series().get(i).values(), text);
      }
    }
    assertThat(helped.get()).isGreaterThanOrEqualTo(3);
  }

  private static void close(double[] wanted, double[] got, String text) {
    assertThat(got).as(text).hasSameSizeAs(wanted);
    for (int k = 0; k < wanted.length; k++) {
      boolean same = Double.compare(wanted[k], got[k]) == 0
          || Math.abs(wanted[k] - got[k]) <= 1e-12 * Math.abs(wanted[k]);
      assertThat(same).as(text + " at " + k + ": " + wanted[k] + " and " + got[k]).isTrue();
    }
  }

  @Test
  void aFailureOfAHelperIsTheQuerys() {
    var limits = new QueryLimits(1_000, 2_000, 1L << 30, Duration.ofMinutes(1));
    Helpers helpers = task -> {
      OTHERS.execute(task);
      return true;
    };
    var text = "sum(rate(m_total[2m]))";

    assertThatThrownBy(() -> Engine.run(
        new Engine.Query(text, Parser.parse(text), 300_000, 600_000, 30_000, 300_000), source(),
        new QueryBudget(limits, helpers))).hasMessageContaining("query.max-samples allows 2000");
  }

  @Test
  void stepsAreCountedAsPrometheusCountsThem() {
    var source = new MemorySource();
    for (long time = 0; time <= 600_000; time += 60_000) {
      source.add(Labels.of("__name__", "m", "i", "1"), time, 1);
      source.add(Labels.of("__name__", "m", "i", "2"), time, 1);
    }

    assertThat(counts("m", source)).containsExactly(2, 2, 2);
    assertThat(counts("sum(rate(m[3m]))", source)).containsExactly(6, 6, 6);
    assertThat(counts("m + m", source)).containsExactly(4, 4, 4);
    assertThat(counts("sum(m @ 300)", source)).containsExactly(2, 2, 2);
    // The points of the subquery, not what it was made of.
    assertThat(counts("max_over_time(sum(m)[2m:1m])", source)).containsExactly(2, 2, 2);
    assertThat(counts("1", source)).containsExactly(0, 0, 0);
  }

  private static long[] counts(String text, MemorySource source) {
    return Engine.run(
        new Engine.Query(text, Parser.parse(text), 300_000, 420_000, 60_000, 300_000).withCounts(),
        source, new QueryBudget(QueryLimits.DEFAULT)).stepSamples();
  }
}
