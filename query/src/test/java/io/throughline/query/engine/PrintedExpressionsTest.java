package io.throughline.query.engine;

import static org.assertj.core.api.Assertions.assertThat;

import io.throughline.model.Failure;
import io.throughline.query.promql.Expr;
import io.throughline.query.promql.ParseFailure;
import io.throughline.query.promql.Parser;
import io.throughline.query.promql.Printer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The corpus and the specifications, printed and broken. */
class PrintedExpressionsTest {

  private static final String SIGNS = "(){}[]\"'`@:,+-*/^%=!~<>. 0a9e_\\\u0000ü";

  /** The tree without places in the text. */
  static String tree(Expr expr) {
    return expr.toString().replaceAll("Span\\[start=\\d+, end=\\d+]", "");
  }

  private static List<String> expressions() {
    var all = new ArrayList<>(Corpus.expressions(5, 500));
    for (var file : PromqlSpecsTest.files()) {
      var spec = PromqlSpecsTest.spec(file, PromqlSpecsTest.REAL);
      spec.run();
      all.addAll(spec.expressions());
    }
    return all;
  }

  @Test
  void whatIsPrintedParsesToTheSameTree() {
    int parsed = 0;
    for (var text : expressions()) {
      Expr expr;
      try {
        expr = Parser.parse(text);
      } catch (ParseFailure _) {
        continue;
      }
      parsed++;

      assertThat(tree(Parser.parse(Printer.print(expr)))).as(text).isEqualTo(tree(expr));
      assertThat(tree(Parser.parse(Printer.pretty(expr)))).as(text).isEqualTo(tree(expr));
    }
    assertThat(parsed).isGreaterThan(4_000);
  }

  /** Pieces of two expressions, and characters that mean something, at random places. */
  @ParameterizedTest
  @ValueSource(longs = {11, 12, 13})
  void anyTextIsAnsweredOrRefused(long seed) {
    var random = new Random(seed);
    var texts = expressions();
    var source = new CorpusData(seed).inMemory();
    var limits = new QueryLimits(1_000, 2_000_000, 64 << 20, Duration.ofSeconds(20));
    int answered = 0;
    for (int round = 0; round < 1_500; round++) {
      var text = new StringBuilder(texts.get(random.nextInt(texts.size())));
      for (int edits = random.nextInt(3); edits > 0 && !text.isEmpty(); edits--) {
        int at = random.nextInt(text.length());
        int end = Math.min(text.length(), at + 1 + random.nextInt(8));
        switch (random.nextInt(4)) {
          case 0 -> text.delete(at, end);
          case 1 -> text.insert(at, SIGNS.charAt(random.nextInt(SIGNS.length())));
          case 2 -> text.insert(at, texts.get(random.nextInt(texts.size())));
          default -> {
            var other = texts.get(random.nextInt(texts.size()));
            int from = random.nextInt(other.length());
            text.replace(at, end,
                other.substring(from, Math.min(other.length(), from + random.nextInt(12))));
          }
        }
      }
      var expression = text.toString();

      try {
        var expr = Parser.parse(expression);
        Engine.run(new Engine.Query(expression, expr, CorpusData.START_MS + 600_500,
            CorpusData.START_MS + 900_500, 60_000, 300_000), source, new QueryBudget(limits));
        answered++;
      } catch (ParseFailure | EvaluationFailure | Failure refused) {
        assertThat(refused.getMessage()).as(expression).isNotBlank();
      } catch (RuntimeException | StackOverflowError defect) {
        throw new AssertionError("a defect at: " + expression, defect);
      }
    }
    assertThat(answered).isPositive();
  }
}
