package io.throughline.query.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.throughline.model.Labels;
import io.throughline.query.promql.Parser;
import io.throughline.query.source.MemorySource;
import java.math.BigDecimal;
import java.math.MathContext;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Windows that slide answer as each window by itself, which is looked at in Prometheus' order. */
class SlidingFunctionsTest {

  private static final long SEED = Long.getLong("throughline.seed", 5);
  private static final long END_MS = 6_000_000;
  private static final long STEP_MS = 30_000;

  /** Series of every temper: noise, trends, steps, far from zero, with outliers, with what is no number. */
  private enum Shape {
    NOISE,
    TREND,
    COUNTER,
    STEPS,
    CONSTANT,
    FAR,
    VERY_FAR,
    OUTLIER,
    ODD,
    TINY,
    HUGE,
    BALANCED,
    SPARSE,
    LINE,
    WALK;

    double value(Random random, int i, double before) {
      return switch (this) {
        case NOISE, SPARSE -> random.nextInt(10_000) / 100.0;
        case TREND -> 20 + i * 0.25 + random.nextGaussian();
        case COUNTER -> random.nextInt(60) == 0 ? 0 : before + random.nextInt(50);
        case STEPS -> random.nextInt(25) == 0 ? random.nextInt(4) : before;
        case CONSTANT -> 7.25;
        case FAR -> 1e6 + random.nextGaussian();
        case VERY_FAR -> 1e12 + i % 3;
        case OUTLIER -> random.nextInt(80) == 0 ? 1e15 : random.nextGaussian();
        case ODD -> switch (random.nextInt(40)) {
          case 0 -> Double.NaN;
          case 1 -> Double.POSITIVE_INFINITY;
          case 2 -> Double.NEGATIVE_INFINITY;
          default -> random.nextInt(5) - 2;
        };
        case TINY -> random.nextGaussian() * 1e-200;
        case HUGE -> random.nextGaussian() * 1e200;
        case BALANCED -> (i % 2 == 0 ? 1 : -1) * (3.3 + i % 5 * 1e-9);
        case LINE -> 5 - 0.125 * i;
        case WALK -> before + random.nextGaussian();
      };
    }
  }

  private static MemorySource source() {
    var source = new MemorySource();
    for (var shape : Shape.values()) {
      var random = new Random(SEED * 31 + shape.ordinal());
      var labels = Labels.of("__name__", "m", "shape", shape.name());
      double value = 0;
      for (int i = 0; i < 400; i++) {
        value = shape.value(random, i, value);
        if (shape != Shape.SPARSE || i % 50 < 20) {
          source.add(labels, i * 15_000L + random.nextInt(40), value);
        }
      }
    }
    return source;
  }

  private static Map<Labels, Map<Long, Double>> run(MemorySource source, String text, long startMs,
      long stepMs) {
    var values = new HashMap<Labels, Map<Long, Double>>();
    var query = new Engine.Query(text, Parser.parse(text), startMs, stepMs == 0 ? startMs : END_MS,
        stepMs, 300_000);
    for (var series : Engine.run(query, source, new QueryBudget(QueryLimits.DEFAULT)).series()) {
      var points = new HashMap<Long, Double>();
      for (int i = 0; i < series.size(); i++) {
        points.put(series.timesMs()[i], series.values()[i]);
      }
      values.put(series.labels(), points);
    }
    return values;
  }

  private static Map<Labels, Map<Long, Double>> stepByStep(MemorySource source, String text) {
    var values = new HashMap<Labels, Map<Long, Double>>();
    for (long time = 0; time <= END_MS; time += STEP_MS) {
      run(source, text, time, 0).forEach(
          (labels, points) -> values.computeIfAbsent(labels, _ -> new HashMap<>()).putAll(points));
    }
    return values;
  }

  private static void compare(MemorySource source, String text, double tolerance) {
    var slid = run(source, text, 0, STEP_MS);
    var single = stepByStep(source, text);

    assertThat(slid.keySet()).as(text).isEqualTo(single.keySet()).hasSize(Shape.values().length);
    slid.forEach((labels, points) -> {
      assertThat(points.keySet()).as(text)
          .isEqualTo(single.getOrDefault(labels, Map.of()).keySet());
      points.forEach((time, value) -> {
        double wanted = single.getOrDefault(labels, Map.of()).getOrDefault(time, 0.0);
        boolean same = Double.compare(value, wanted) == 0
            || Math.abs(value - wanted) <= tolerance * Math.abs(wanted);
        assertThat(same)
            .as(text + " of " + labels + " at " + time + " is " + value + ", by itself " + wanted)
            .isTrue();
      });
    });
  }

  @ParameterizedTest
  @ValueSource(strings = {"stddev_over_time(m[5m])", "stdvar_over_time(m[1h] offset 3s)",
      "stdvar_over_time(m[2m])", "deriv(m[5m])", "deriv(m[1h])", "predict_linear(m[10m], 3600)",
      "predict_linear(m[10m] offset 20m, -60)", "predict_linear(m[1h], time() % 700)",
      "double_exponential_smoothing(m[5m], 0.5, 0.1)",
      "double_exponential_smoothing(m[1h], 0.02, 0.9)",
      "double_exponential_smoothing(m[20m], 0.99, 0.01)"})
  void sumsThatSlideAreThoseOfEachWindowToNineDigits(String text) {
    compare(source(), text, 1e-9);
  }

  @ParameterizedTest
  @ValueSource(strings = {"quantile_over_time(0.9, m[5m])", "quantile_over_time(0.5, m[1h])",
      "quantile_over_time(0.2, m[9m])", "quantile_over_time(time() % 70 / 60 - 0.05, m[10m])",
      "mad_over_time(m[5m])", "mad_over_time(m[1h])", "mad_over_time(m[135s])",
      "ts_of_min_over_time(m[10m])", "ts_of_max_over_time(m[1h])", "min_over_time(m[5m])",
      "max_over_time(m[5m])"})
  void anOrderThatSlidesHasTheBitsOfEachWindow(String text) {
    compare(source(), text, 0);
  }

  @Test
  void whereOnlyPrometheusOrderHasPrometheusDigitsItIsPrometheusOrder() {
    var source = new MemorySource();
    var labels = Labels.of("__name__", "m");
    int[] steps = {0, 1, 2, 1, 0};
    for (int i = 0; i <= 400; i++) {
      source.add(labels, i * 15_000L, 1e9 + steps[i % 5]);
    }
    var deviation = run(source, "stddev_over_time(m[1h])", 0, STEP_MS);

    assertThat(deviation).isEqualTo(stepByStep(source, "stddev_over_time(m[1h])"));
    double got = deviation.values().iterator().next().getOrDefault(END_MS, 0.0);
    double exact = exactDeviation(steps, 240);
    assertThat(Math.abs(got - exact)).isGreaterThan(1e-9 * exact);
  }

  private static double exactDeviation(int[] steps, int count) {
    long sum = 0;
    long squares = 0;
    for (int i = 0; i < count; i++) {
      sum += steps[(401 - count + i) % 5];
      squares += (long) steps[(401 - count + i) % 5] * steps[(401 - count + i) % 5];
    }
    return BigDecimal.valueOf(squares * count - sum * sum)
        .sqrt(MathContext.DECIMAL64)
        .divide(BigDecimal.valueOf(count), MathContext.DECIMAL64)
        .doubleValue();
  }

  @Test
  void aFactorThatMayNotBeIsRefusedHoweverWindowsOverlap() {
    var failures = List.of("double_exponential_smoothing(m[5m], 1, 0.5)",
        "double_exponential_smoothing(m[5m], 0.5, 0)");
    for (var text : failures) {
      assertThatThrownBy(() -> run(source(), text, 0, STEP_MS))
          .isInstanceOf(EvaluationFailure.class)
          .hasMessageContaining("factor");
    }
  }
}
