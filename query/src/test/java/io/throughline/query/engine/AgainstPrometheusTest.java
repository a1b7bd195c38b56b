package io.throughline.query.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import io.throughline.model.Labels;
import io.throughline.model.Matcher;
import io.throughline.query.engine.QueryResult.ResultSeries;
import io.throughline.query.promql.Aggregation;
import io.throughline.query.promql.BinaryOperator;
import io.throughline.query.promql.DurationExpr;
import io.throughline.query.promql.Expr;
import io.throughline.query.promql.Function;
import io.throughline.query.promql.ParseFailure;
import io.throughline.query.promql.Parser;
import io.throughline.query.promql.ValueType;
import io.throughline.query.source.SampleSource;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The same samples written into Prometheus 2.42 and held in memory, the same expressions asked of both, as instant and as
 * range query: labels and times equal, values to 1e-9 relative, order where the language defines it, errors where
 * Prometheus has errors.
 */
class AgainstPrometheusTest {

  private static final long SEED = Long.getLong("throughline.seed", 3);
  private static final int NESTED = 400;
  private static final double TOLERANCE = 1e-9;

  private static final long INSTANT_MS = CorpusData.START_MS + 3_900_500;
  private static final long FROM_MS = CorpusData.START_MS + 600_500;
  private static final long TO_MS = CorpusData.START_MS + 5_200_500;
  private static final long STEP_MS = 113_000;
  private static final long LOOKBACK_MS = 300_000;

  /** What 2.42 has not or has otherwise than 3.x; their proof are the {@code .test} files. */
  static final Set<Function> SINCE_3 = EnumSet.of(Function.END, Function.FIRST_OVER_TIME,
      Function.HISTOGRAM_AVG, Function.HISTOGRAM_FRACTION, Function.HISTOGRAM_QUANTILES,
      Function.HISTOGRAM_STDDEV, Function.HISTOGRAM_STDVAR, Function.INFO, Function.MAD_OVER_TIME,
      Function.MAX_OF, Function.MIN_OF, Function.RANGE, Function.SORT_BY_LABEL,
      Function.SORT_BY_LABEL_DESC, Function.START, Function.START_TIMESTAMP, Function.STEP,
      Function.TS_OF_FIRST_OVER_TIME, Function.TS_OF_LAST_OVER_TIME, Function.TS_OF_MAX_OVER_TIME,
      Function.TS_OF_MIN_OVER_TIME);

  /** Where 3.x means to differ from 2.42. Each is a behaviour, found in the parsed expression and in the answers. */
  private enum Intended {
    /**
     * A counter is first taken to begin half a spacing before its first sample where that lies far from the range's start,
     * then held above zero; 2.42 did so in the other order and reached further back.
     */
    LESS_BEFORE_THE_FIRST_SAMPLE {
      @Override
      boolean explains(Expr expr, Double ours, Double theirs) {
        return expr instanceof Expr.Call call
            && (call.function() == Function.RATE || call.function() == Function.INCREASE)
            && ours >= 0 && ours < theirs && ours > theirs * 0.6;
      }
    },
    /** 2.55: "Use Kahan summation for better accuracy in avg and avg_over_time" (#14413). */
    AVERAGES_ARE_COMPENSATED {
      @Override
      boolean explains(Expr expr, Double ours, Double theirs) {
        return (Uses.of(expr).functions.contains(Function.AVG_OVER_TIME)
            || Uses.of(expr).aggregations.contains(Aggregation.AVG))
            && Math.abs(ours - theirs) < 1e-12;
      }
    },
    /** 3.0: "Fix stddev+stdvar aggregations to treat Infinity consistently" (#14941), and NaN likewise. */
    NO_SPREAD_OF_INFINITY {
      @Override
      boolean explains(Expr expr, Double ours, Double theirs) {
        var aggregations = Uses.of(expr).aggregations;
        return ours.isNaN() && (aggregations.contains(Aggregation.STDDEV)
            || aggregations.contains(Aggregation.STDVAR));
      }
    };

    abstract boolean explains(Expr expr, Double ours, Double theirs);

    static boolean any(Expr expr, double ours, double theirs) {
      return Arrays.stream(values()).anyMatch(one -> one.explains(expr, ours, theirs));
    }

    /** Whether one side's error is meant. */
    static boolean error(Expr expr, boolean ours, String theirs) {
      // 3.0: "Enable UTF-8 support by default": any name that is not empty is a label's.
      if (!ours) {
        return theirs.startsWith("invalid label name \"") && !theirs.endsWith("\"\"");
      }
      // 3.x counts partners before a comparison drops elements, so that errors do not hang on values.
      return expr instanceof Expr.Binary binary && binary.operator().isComparison();
    }

    /** atan2 is arithmetic, so 3.x takes the name away as other arithmetic does; 2.42 forgot it. */
    static boolean renames(Expr expr) {
      return expr instanceof Expr.Binary binary && binary.operator() == BinaryOperator.ATAN2;
    }

    static Labels labels(Expr expr, Labels theirs) {
      return renames(expr) ? theirs.without(Labels.NAME) : theirs;
    }

    /**
     * timestamp() of a selector with both {@code @} and {@code offset}: Prometheus forgets the offset, so its lookback
     * shrinks by it.
     */
    static boolean forgetsOffset(Expr expr) {
      return Uses.of(expr).timestampAtOffset;
    }

    /** Which of equal values topk keeps is not defined; 3.x moves its heap otherwise than 2.42. */
    static boolean ranks(Expr expr) {
      return expr instanceof Expr.Aggregate aggregate && (aggregate.operation() == Aggregation.TOPK
          || aggregate.operation() == Aggregation.BOTTOMK);
    }
  }

  /** What occurs in an expression. */
  private static final class Uses {
    final Set<Function> functions = EnumSet.noneOf(Function.class);
    final Set<Aggregation> aggregations = EnumSet.noneOf(Aggregation.class);
    final Set<String> operators = new TreeSet<>();
    final Set<Matcher.Operator> matchers = EnumSet.noneOf(Matcher.Operator.class);
    boolean timestampAtOffset;

    static Uses of(Expr expr) {
      var uses = new Uses();
      uses.walk(expr);
      return uses;
    }

    private void walk(Expr expr) {
      switch (expr) {
        case Expr.NumberLiteral _,Expr.StringLiteral _ -> {
        }
        case Expr.VectorSelector selector ->
          selector.matchers().forEach(matcher -> matchers.add(matcher.operator()));
        case Expr.MatrixSelector matrix -> walk(matrix.vector());
        case Expr.Subquery subquery -> walk(subquery.inner());
        case Expr.Paren paren -> walk(paren.inner());
        case Expr.Unary unary -> {
          operators.add((unary.minus() ? "minus " : "plus ") + unary.inner().type());
          walk(unary.inner());
        }
        case Expr.Call call -> {
          functions.add(call.function());
          if (call.function() == Function.TIMESTAMP
              && call.arguments().getFirst() instanceof Expr.VectorSelector selector) {
            timestampAtOffset |= selector.when().at() != null
                && !selector.when().offset().equals(DurationExpr.ZERO);
          }
          call.arguments().forEach(this::walk);
        }
        case Expr.Aggregate aggregate -> {
          aggregations.add(aggregate.operation());
          var parameter = aggregate.parameter();
          if (parameter != null) {
            walk(parameter);
          }
          walk(aggregate.inner());
        }
        case Expr.Binary binary -> {
          operators.add(binary.operator().symbol() + (binary.bool() ? " bool " : " ")
              + binary.left().type() + " " + binary.right().type());
          walk(binary.left());
          walk(binary.right());
        }
      }
    }
  }

  @TempDir
  private Path directory;

  private static List<String> corpus() {
    return Corpus.expressions(SEED, NESTED);
  }

  /** 2.42's name of a function that 3.0 renamed. */
  private static String inOurs(String expression) {
    return expression.replace("holt_winters", "double_exponential_smoothing");
  }

  @Test
  void everyFunctionAggregationOperatorAndMatcherOccursWithEachKindOfValue() {
    var functions = EnumSet.noneOf(Function.class);
    var aggregations = EnumSet.noneOf(Aggregation.class);
    var operators = new TreeSet<String>();
    var matchers = EnumSet.noneOf(Matcher.Operator.class);
    for (var expression : corpus()) {
      try {
        var uses = Uses.of(Parser.parse(inOurs(expression)));
        functions.addAll(uses.functions);
        aggregations.addAll(uses.aggregations);
        operators.addAll(uses.operators);
        matchers.addAll(uses.matchers);
      } catch (ParseFailure _) {
        // Prometheus must refuse these too, which the other test sees to.
      }
    }

    var wanted = EnumSet.complementOf(EnumSet.copyOf(SINCE_3));
    assertThat(functions).containsAll(wanted);
    var wantedAggregations = EnumSet.allOf(Aggregation.class);
    wantedAggregations.removeAll(EnumSet.of(Aggregation.LIMITK, Aggregation.LIMIT_RATIO));
    assertThat(aggregations).containsAll(wantedAggregations);
    assertThat(matchers).containsExactlyInAnyOrder(Matcher.Operator.values());
    var wantedOperators = new ArrayList<>(
        List.of("minus SCALAR", "minus VECTOR", "plus SCALAR", "plus VECTOR"));
    for (var operator : BinaryOperator.values()) {
      if (operator == BinaryOperator.TRIM_LOWER || operator == BinaryOperator.TRIM_UPPER) {
        continue;
      }
      var symbol = operator.symbol();
      wantedOperators.add(symbol + " VECTOR VECTOR");
      if (operator.isComparison()) {
        wantedOperators
            .addAll(List.of(symbol + " bool VECTOR VECTOR", symbol + " bool SCALAR SCALAR",
                symbol + " bool VECTOR SCALAR", symbol + " bool SCALAR VECTOR"));
      }
      if (!operator.isSet()) {
        wantedOperators.addAll(List.of(symbol + " VECTOR SCALAR", symbol + " SCALAR VECTOR"));
        if (!operator.isComparison()) {
          wantedOperators.add(symbol + " SCALAR SCALAR");
        }
      }
    }
    assertThat(operators).containsAll(wantedOperators);
  }

  @Test
  void prometheusGivesTheSameAnswers() throws Exception {
    assumeTrue(Prometheus.installed(),
        "Debian's prometheus is not installed at " + Prometheus.BINARY);
    var data = new CorpusData(SEED);
    var source = data.inMemory();
    var differences = new ArrayList<String>();
    int answers = 0;
    int nonEmpty = 0;
    var expressions = corpus();

    try (var prometheus = Prometheus.start(directory)) {
      for (var request : data.requests()) {
        prometheus.write(request);
      }
      for (var expression : expressions) {
        for (boolean instant : new boolean[] {true, false}) {
          var reply = instant
              ? prometheus.ask("/api/v1/query", "query", expression, "time", seconds(INSTANT_MS))
              : prometheus.ask("/api/v1/query_range", "query", expression, "start",
                  seconds(FROM_MS), "end", seconds(TO_MS), "step", seconds(STEP_MS));
          answers++;
          nonEmpty += reply.path("data").path("result").isEmpty() ? 0 : 1;
          var difference = difference(source, inOurs(expression), instant, reply);
          if (difference != null) {
            differences.add((instant ? "instant " : "range ") + expression + ": " + difference);
          }
        }
      }
    }

    assertThat(differences).isEmpty();
    assertThat(expressions).hasSizeGreaterThanOrEqualTo(2_000);
    assertThat(nonEmpty).isGreaterThan(answers / 2);
  }

  private static String seconds(long millis) {
    return millis / 1000 + "." + Long.toString(1000 + millis % 1000).substring(1);
  }

  private static @Nullable String difference(SampleSource source, String text, boolean instant,
      JsonNode reply) {
    boolean theirError = !reply.path("status").asText().equals("success");
    Expr expr;
    try {
      expr = Parser.parse(text);
    } catch (ParseFailure refused) {
      return theirError ? null : "we refuse it: " + refused.getMessage();
    }
    if (!instant && expr.type() == ValueType.STRING) {
      return theirError ? null : "a range query of a string is an error";
    }
    QueryResult result;
    try {
      result = Engine.run(
          instant
              ? Engine.Query.instant(text, expr, INSTANT_MS, LOOKBACK_MS)
              : new Engine.Query(text, expr, FROM_MS, TO_MS, STEP_MS, LOOKBACK_MS),
          source, new QueryBudget(QueryLimits.DEFAULT));
    } catch (EvaluationFailure failed) {
      return theirError || Intended.error(expr, true, "") ? null : "our error " + failed;
    }
    if (theirError) {
      var message = reply.path("error").asText();
      return Intended.error(expr, false, message) ? null : "their error " + message;
    }
    var data = reply.path("data");
    return switch (data.path("resultType").asText()) {
      case "scalar" ->
        value(expr, result.series().getFirst().values()[0], data.path("result").get(1));
      case "string" -> result.text().equals(data.path("result").get(1).asText())
          ? null
          : "string " + result.text();
      default -> series(expr, result, data.path("result"), instant);
    };
  }

  private static @Nullable String series(Expr expr, QueryResult result, JsonNode theirs,
      boolean instant) {
    if (Intended.forgetsOffset(expr)) {
      return null;
    }
    if (Intended.ranks(expr)) {
      return ranks(result, theirs);
    }
    var rest = new HashMap<Labels, JsonNode>();
    for (var one : theirs) {
      rest.put(Intended.labels(expr, labels(one)), one);
    }
    for (var ours : result.series()) {
      var one = rest.remove(ours.labels());
      if (one == null) {
        return "only we have " + ours.labels();
      }
      var difference = points(expr, ours, one);
      if (difference != null) {
        return ours.labels() + " " + difference;
      }
    }
    if (!rest.isEmpty()) {
      return "only they have " + rest.keySet();
    }
    boolean sorted = expr instanceof Expr.Call call
        && (call.function() == Function.SORT || call.function() == Function.SORT_DESC);
    if (instant && sorted) {
      for (int i = 0; i < theirs.size(); i++) {
        var difference = value(expr, result.series().get(i).values()[0],
            theirs.get(i).path("value").get(1));
        if (difference != null) {
          return "place " + i + ": " + difference;
        }
      }
    }
    if (!instant && !Intended.renames(expr)) {
      for (int i = 0; i < theirs.size(); i++) {
        var label = labels(theirs.get(i));
        if (!label.equals(result.series().get(i).labels())) {
          return "place " + i + " holds " + result.series().get(i).labels() + ", not " + label;
        }
      }
    }
    return null;
  }

  /** The values that topk keeps at each time, whosesoever they are. */
  private static @Nullable String ranks(QueryResult result, JsonNode theirs) {
    var ours = new TreeMap<Long, List<Double>>();
    for (var series : result.series()) {
      for (int i = 0; i < series.size(); i++) {
        ours.computeIfAbsent(series.timesMs()[i], _ -> new ArrayList<>()).add(series.values()[i]);
      }
    }
    var others = new TreeMap<Long, List<Double>>();
    for (var one : theirs) {
      pointsOf(one).forEach((time, value) -> others.computeIfAbsent(time, _ -> new ArrayList<>())
          .add(number(value.asText())));
    }
    ours.values().forEach(values -> values.sort(null));
    others.values().forEach(values -> values.sort(null));
    boolean same = ours.keySet().equals(others.keySet());
    for (var entry : ours.entrySet()) {
      var other = others.getOrDefault(entry.getKey(), List.of());
      same &= other.size() == entry.getValue().size();
      for (int i = 0; same && i < other.size(); i++) {
        same = near(entry.getValue().get(i), other.get(i));
      }
    }
    return same ? null : "ranks " + ours + ", not " + others;
  }

  private static Map<Long, JsonNode> pointsOf(JsonNode series) {
    var points = new TreeMap<Long, JsonNode>();
    for (var kind : List.of("values", "histograms")) {
      series.path(kind).forEach(point -> points.put(millis(point), point.get(1)));
    }
    for (var kind : List.of("value", "histogram")) {
      if (series.has(kind)) {
        points.put(millis(series.path(kind)), series.path(kind).get(1));
      }
    }
    return points;
  }

  private static @Nullable String points(Expr expr, ResultSeries ours, JsonNode theirs) {
    var points = pointsOf(theirs);
    if (points.size() != ours.size()) {
      return "has " + ours.size() + " points, not " + points.size() + ": "
          + Arrays.toString(ours.timesMs()) + ", not " + points.keySet();
    }
    for (int i = 0; i < ours.size(); i++) {
      var point = points.get(ours.timesMs()[i]);
      if (point == null) {
        return "has a point at " + ours.timesMs()[i];
      }
      var histograms = ours.histograms();
      var histogram = histograms == null ? null : histograms[i];
      var difference = histogram == null
          ? value(expr, ours.values()[i], point)
          : histogram(histogram, point);
      if (difference != null) {
        return "at " + ours.timesMs()[i] + " " + difference;
      }
    }
    return null;
  }

  private static @Nullable String value(Expr expr, double ours, JsonNode theirs) {
    if (!theirs.isTextual()) {
      return ours + " is no histogram " + theirs;
    }
    double other = number(theirs.asText());
    return near(ours, other) || Intended.any(expr, ours, other) ? null : ours + ", not " + other;
  }

  private static @Nullable String histogram(FloatHistogram ours, JsonNode theirs) {
    var buckets = Arrays.stream(ours.ascending()).filter(one -> one.count() != 0).toList();
    boolean same = near(ours.count(), number(theirs.path("count").asText()))
        && near(ours.sum(), number(theirs.path("sum").asText()))
        && buckets.size() == theirs.path("buckets").size();
    for (int i = 0; same && i < buckets.size(); i++) {
      var bucket = buckets.get(i);
      var other = theirs.path("buckets").get(i);
      same = bucket.rule() == other.get(0).asInt()
          && near(bucket.lower(), number(other.get(1).asText()))
          && near(bucket.upper(), number(other.get(2).asText()))
          && near(bucket.count(), number(other.get(3).asText()));
    }
    return same ? null : ours + ", not " + theirs;
  }

  private static boolean near(double a, double b) {
    return a == b || Double.isNaN(a) && Double.isNaN(b)
        || Math.abs(a - b) <= TOLERANCE * Math.max(Math.abs(a), Math.abs(b));
  }

  private static double number(String text) {
    return switch (text) {
      case "+Inf" -> Double.POSITIVE_INFINITY;
      case "-Inf" -> Double.NEGATIVE_INFINITY;
      default -> Double.parseDouble(text);
    };
  }

  private static long millis(JsonNode point) {
    return Math.round(point.get(0).asDouble() * 1000);
  }

  private static Labels labels(JsonNode series) {
    var labels = new HashMap<String, String>();
    series.path("metric")
        .properties()
        .forEach(entry -> labels.put(entry.getKey(), entry.getValue().asText()));
    return Labels.of(labels);
  }
}
