package io.throughline.model;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.re2j.Pattern;
import com.google.re2j.PatternSyntaxException;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

final class PlainExpressionTest {
  private static final List<String> PIECES = List.of("a", "b", "|", ".", ".*", ".+", "\\.", "\\|",
      "\\-", "é", "😀", "😁", "(", ")", "(?:", "\\d", "*", "[", "\n", "^", "{2}");
  private static final List<String> TEXTS = List.of("a", "b", ".", "|", "-", "é", "😀", "😁", "(",
      ")", "\n", "1");

  static IntStream seeds() {
    return IntStream.range(0, 10);
  }

  @ParameterizedTest(name = "seed {0}")
  @MethodSource("seeds")
  void itAcceptsWhatRe2Accepts(int seed) {
    var random = new Random(seed);
    int plain = 0;
    for (int i = 0; i < 4000; i++) {
      var text = joined(PIECES, random.nextInt(6), random);
      var expression = PlainExpression.of(text);
      if (expression == null) {
        continue;
      }
      plain++;
      var re2 = Pattern.compile("(?:" + text + ")", Pattern.DOTALL);
      var bare = Pattern.compile(text, Pattern.DOTALL);
      for (int n = 0; n < 12; n++) {
        var value = joined(TEXTS, random.nextInt(4), random);
        assertThat(expression.accepts(value)).as("/" + text + "/ on '" + value + "'")
            .isEqualTo(re2.matches(value))
            .isEqualTo(bare.matches(value));
        var literals = expression.literals();
        if (literals != null) {
          assertThat(literals.contains(value)).isEqualTo(expression.accepts(value));
        }
        if (expression.accepts(value)) {
          assertThat(value).startsWith(expression.prefix());
        } else {
          assertThat(expression.acceptsEverything()).as(text).isFalse();
        }
      }
    }
    assertThat(plain).isGreaterThan(500);
  }

  private static String joined(List<String> pieces, int count, Random random) {
    var text = new StringBuilder();
    for (int i = 0; i < count; i++) {
      text.append(pieces.get(random.nextInt(pieces.size())));
    }
    return text.toString();
  }

  @ParameterizedTest
  @ValueSource(strings = {"api|web", "(api|web)", "(?:a)", "node_.*", "5..", "a\\.b:9100|c", "",
      "a|", ".*", ".+", "node_.+|x", "10\\.0\\.0\\..*"})
  void whatDashboardsSendIsPlain(String expression) {
    assertThat(PlainExpression.of(expression)).isNotNull();
  }

  @ParameterizedTest
  @ValueSource(strings = {"a.*b", "a*", "a?", "[ab]", "(a)|(b)", "(?i)a", "\\d", "a\\", "^a$",
      "a.*?", "a{2}", "(a\\)", "(", ")", "(?:", "a.+.+"})
  void whatNeedsAnAutomatonOrIsWrongIsNot(String expression) {
    assertThat(PlainExpression.of(expression)).isNull();
  }

  @Test
  void everyPlainExpressionIsRightForRe2() {
    for (int c = 0; c < 128; c++) {
      for (var text : List.of("" + (char) c, "\\" + (char) c, ".*" + (char) c)) {
        if (PlainExpression.of(text) != null) {
          try {
            Pattern.compile(text);
          } catch (PatternSyntaxException wrong) {
            throw new AssertionError(text, wrong);
          }
        }
      }
    }
  }
}
