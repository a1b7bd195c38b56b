package io.throughline.query.promql;

import com.google.re2j.Pattern;
import io.throughline.model.Labels;
import io.throughline.model.Matcher;
import io.throughline.model.PlainExpression;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Matchers applied to values, for sources without an index. */
public final class Matchers {

  private Matchers() {}

  /** Whether a label's value passes; "" stands for a missing label. */
  public static boolean matches(Matcher matcher, String value) {
    return switch (matcher.operator()) {
      case EQUAL -> matcher.value().equals(value);
      case NOT_EQUAL -> !matcher.value().equals(value);
      case REGEX -> expressionAccepts(matcher.value(), value);
      case NOT_REGEX -> !expressionAccepts(matcher.value(), value);
    };
  }

  /** Whether a label set passes all matchers. */
  public static boolean matches(List<Matcher> matchers, Labels labels) {
    for (var matcher : matchers) {
      if (!matches(matcher, labels.getOrEmpty(matcher.label()))) {
        return false;
      }
    }
    return true;
  }

  /** The one metric name that passes, or null where several may. */
  public static @Nullable String name(List<Matcher> matchers) {
    for (var matcher : matchers) {
      if (matcher.label().equals(Labels.NAME) && matcher.operator() == Matcher.Operator.EQUAL) {
        return matcher.value();
      }
    }
    return null;
  }

  private static boolean expressionAccepts(String expression, String value) {
    var plain = PlainExpression.of(expression);
    return plain != null
        ? plain.accepts(value)
        : Pattern.compile(expression, Pattern.DOTALL).matches(value);
  }
}
