package io.throughline.query.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.throughline.query.engine.Mutant.Place;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;

/**
 * Defects planted into copies of the engine: ranges that take their open end, samples as old as the lookback,
 * extrapolation by another length, sums that subtract, pairs that meet where they should not. The specifications must
 * see each; what they do not see, the corpus must, whose answers by the real engine are Prometheus'.
 *
 * <p>A place names an instruction by its count within its method, so who changes the engine may have to choose anew:
 * {@link Mutant#places} lists what there is.
 */
class PlantedDefectsTest {

  private static final String DEFECTS = """
      AggregateEvaluator inRatio 6 operator
      Arithmetic compute 1 operator
      Arithmetic power 1 opposite
      CallEvaluator timestamp 0 opposite
      ClassicBuckets fraction 2 operator
      ClassicBuckets quantile 30 operator
      EdgeSelection between 6 operator
      EdgeSelection floats 8 opposite
      EdgeSelection$Ends find 1 opposite
      EdgeSelection$Ends find 2 operator
      EdgeSelection$Ends find 5 operator
      EdgeSelection$Ends find 7 opposite
      EdgeSelection$Ends inside 0 edge
      Evaluator negate 1 opposite
      Evaluator stream 3 opposite
      Evaluator subqueryRanges 5 operator
      FloatHistogram combined 2 constant
      FloatHistogram widenZero 5 operator
      HistogramMath at 9 operator
      HistogramMath shareBelow 2 operator
      HistogramRanges checkHints 3 opposite
      HistogramTrim run 6 operator
      InfoJoin <init> 3 opposite
      MathFunctions apply 21 operator
      MathFunctions date 5 constant
      Quantiles quantile 4 opposite
      Quantiles quantile 23 operator
      RangeFunctions average 3 operator
      RangeFunctions floatValue 2 constant
      RangeFunctions line 2 operator
      RangeFunctions slidingEdges 7 opposite
      RangeFunctions slidingExtreme 16 edge
      RangeFunctions smoothed 18 operator
      RangeFunctions smoothed 23 operator
      Ranking climb 2 opposite
      RateFunctions <init> 4 opposite
      RateFunctions lastTwo 3 operator
      RateFunctions stretch 4 operator
      RateFunctions stretch 8 operator
      RateFunctions toEdge 4 edge
      Selection newest 3 edge
      Selection newest 4 opposite
      Selection newest 14 opposite
      Selection newest 19 operator
      Selection minMs 2 operator
      SetOperation run 0 opposite
      SetOperation run 1 opposite
      SlidingLine value 4 operator
      SlidingLine value 28 operator
      SlidingOrder deviation 5 operator
      SlidingOrder nthBit 2 edge
      SlidingSmoothing raiseTo 6 operator
      SlidingSmoothing value 12 operator
      SlidingSpread value 3 operator
      SlidingSums fill 7 edge
      SlidingSums total 1 operator
      SortCalls stream 0 edge
      Totals addHistograms 1 opposite
      Totals finish 8 opposite
      VectorJoin combine 0 opposite
      VectorJoin meet 11 opposite
      WindowIndex find 3 edge
      WindowIndex find 5 edge
      """;

  /** In the default build a few stand for all. */
  private static final int SAMPLE = 8;

  private static List<Place> defects() {
    return DEFECTS.lines().map(line -> {
      var words = line.strip().split(" ");
      return new Place(words[0], words[1], Integer.parseInt(words[2]), words[3]);
    }).toList();
  }

  @Test
  void someDefectsAreCaught() throws Exception {
    var sample = new ArrayList<Place>();
    for (int i = 0; i < defects().size(); i += defects().size() / SAMPLE) {
      sample.add(defects().get(i));
    }

    assertThat(uncaught(sample)).isEmpty();
    assertThat(defects()).hasSizeGreaterThanOrEqualTo(50);
  }

  @Test
  void allPlantedDefectsAreCaughtLong() throws Exception {
    assumeTrue(Long.getLong("throughline.long.minutes", 0) > 0,
        "each defect runs all specifications: ./throughline test --long");

    assertThat(uncaught(defects())).isEmpty();
  }

  @Test
  void anUnchangedCopyPasses() throws Exception {
    assertThat(failures(new Mutant(null))).isEmpty();
  }

  private static List<Place> uncaught(List<Place> places) throws Exception {
    List<String> real = List.of();
    var uncaught = new ArrayList<Place>();
    for (var place : places) {
      var mutant = new Mutant(place);
      boolean caught;
      try {
        caught = !failures(mutant).isEmpty();
        if (!caught) {
          real = real.isEmpty() ? MutantProbe.answers() : real;
          caught = !answers(mutant).equals(real);
        }
      } catch (LinkageError | ReflectiveOperationException broken) {
        // A copy that does not even start is no defect that a test was needed for.
        throw new AssertionError("choose another place than " + place, broken);
      }
      if (!caught) {
        uncaught.add(place);
      }
    }
    return uncaught;
  }

  private static List<?> failures(Mutant mutant) throws ReflectiveOperationException {
    var probe = (Supplier<?>) probe(mutant).getConstructor().newInstance();
    return (List<?>) probe.get();
  }

  private static Object answers(Mutant mutant) throws ReflectiveOperationException {
    return probe(mutant).getMethod("answers").invoke(null);
  }

  private static Class<?> probe(Mutant mutant) throws ClassNotFoundException {
    return mutant.loadClass(MutantProbe.class.getName());
  }
}
