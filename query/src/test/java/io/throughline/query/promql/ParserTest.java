package io.throughline.query.promql;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ParserTest {

  /** What people write, each form of the language at least once. */
  private static final String[] EXPRESSIONS = {"1", "0x1f", "1_000", "5m", "Inf", "\"text\"", "up",
      "up{job=\"a\",instance!=\"b\",x=~\"c.*\",y!~\"d\"}", "{__name__=\"up\"}",
      "{\"my.metric\",\"label.x\"=\"v\"}", "up offset 5m", "up offset -5m", "up @ 100",
      "up @ start()", "up @ end() offset 1h", "rate(x_total[5m])", "rate(x_total[5m] offset 1d)",
      "sum by (job) (rate(x_total[5m]))", "sum without (instance) (up)", "topk(3, up)",
      "quantile(0.9, up)", "count_values(\"v\", up)", "-up", "+up", "-1 ^ 2", "a + b * c ^ d",
      "(a + b) * c", "a and b or c unless d", "a == bool b", "a > on (job) b",
      "a / ignoring (x) group_left (y) b", "a * on (job) group_right () b",
      "histogram_quantile(0.99, sum by (le) (rate(h_bucket[5m])))", "max_over_time(up[1h:5m])",
      "max_over_time(rate(x[5m])[1h:])", "label_replace(up, \"a\", \"$1\", \"b\", \"(.*)\")",
      "time()", "vector(1)", "absent(up{job=\"x\"})", "sum(up) # a comment", "a atan2 b", "a % b",
      "count(up)"};

  @Test
  void whatIsPrintedParsesToTheSameText() {
    for (var text : EXPRESSIONS) {
      var printed = Printer.print(Parser.parse(text));

      assertThat(Printer.print(Parser.parse(printed))).as(text).isEqualTo(printed);
      assertThat(Printer.print(Parser.parse(Printer.pretty(Parser.parse(text))))).as(text)
          .isEqualTo(printed);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "up{", "up{job}", "rate(up)", "sum(", "1 +", "up offset", "up[5m]]",
      "{}", "{x=\"\"}", "foo(up)", "up{a=\"1\"", "a == bool", "1 == 1", "rate(up[5m], 1)", "\"",
      "5mm", "sum by job (up)"})
  void whatIsNotPromqlIsRefusedWithThePlace(String text) {
    assertThatThrownBy(() -> Parser.parse(text)).isInstanceOf(ParseFailure.class)
        .message()
        .isNotBlank();
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4})
  void anyTextIsAnExpressionOrAParseFailure(long seed) {
    var random = new Random(seed);
    for (int round = 0; round < 3_000; round++) {
      var text = new StringBuilder(EXPRESSIONS[random.nextInt(EXPRESSIONS.length)]);
      for (int edits = 1 + random.nextInt(3); edits > 0 && !text.isEmpty(); edits--) {
        int at = random.nextInt(text.length());
        switch (random.nextInt(3)) {
          case 0 -> text.deleteCharAt(at);
          case 1 -> text.insert(at, "(){}[]\"'@:,+-*/^%=!~<>. 0ax".charAt(random.nextInt(27)));
          default -> text.insert(at, EXPRESSIONS[random.nextInt(EXPRESSIONS.length)]);
        }
      }

      try {
        var printed = Printer.print(Parser.parse(text.toString()));
        assertThat(Printer.print(Parser.parse(printed))).as(text.toString()).isEqualTo(printed);
      } catch (ParseFailure refused) {
        assertThat(refused.getMessage()).isNotBlank();
      }
    }
  }
}
