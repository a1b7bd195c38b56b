package io.throughline.query.engine;

import io.throughline.query.promql.Parser;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Supplier;

/** What a copy of the engine is put to, inside its own class loader: the specifications, then the corpus. */
public final class MutantProbe implements Supplier<List<String>> {

  private static final int CORPUS_SHARE = 5;
  private static final long MOST_SAMPLES = 3_000_000;

  /** The specifications that fail. */
  @Override
  public List<String> get() {
    var failures = new ArrayList<String>();
    for (var file : PromqlSpecsTest.files()) {
      try {
        failures.addAll(PromqlSpecsTest.spec(file, PromqlSpecsTest.REAL).run());
      } catch (RuntimeException | StackOverflowError broken) {
        failures.add(file + ": " + broken);
      }
      if (!failures.isEmpty()) {
        return failures;
      }
    }
    return failures;
  }

  /** A part of the corpus with its answers, rounded; the real engine's are those of Prometheus. */
  public static List<String> answers() {
    var source = new CorpusData(3).inMemory();
    var answers = new ArrayList<String>();
    var expressions = Corpus.expressions(3, 0);
    for (int i = 0; i < expressions.size(); i += CORPUS_SHARE) {
      var text = expressions.get(i).replace("holt_winters", "double_exponential_smoothing");
      String answer;
      try {
        var query = new Engine.Query(text, Parser.parse(text), CorpusData.START_MS + 600_500,
            CorpusData.START_MS + 4_000_500, 397_000, 300_000);
        var limits = QueryLimits.DEFAULT;
        var result = Engine.run(query, source, new QueryBudget(new QueryLimits(limits.maxSeries(),
            MOST_SAMPLES, limits.maxBytes(), limits.timeout())));
        var shown = new StringBuilder();
        for (var series : result.series()) {
          shown.append(series.labels()).append(Arrays.toString(series.timesMs()));
          for (double value : series.values()) {
            shown.append((float) value).append(' ');
          }
          shown.append(Arrays.toString(series.histograms()));
        }
        answer = shown.toString();
      } catch (RuntimeException | StackOverflowError failed) {
        answer = failed.getClass().getSimpleName();
      }
      answers.add(text + " -> " + answer);
    }
    return answers;
  }
}
