package io.throughline.store.series;

import com.google.re2j.Pattern;
import com.google.re2j.PatternSyntaxException;
import io.throughline.model.Failure;
import io.throughline.model.Matcher;
import io.throughline.model.PlainExpression;

/** What a matcher says of one value. */
interface ValueTest {
  boolean accepts(String value);

  /** Throws a USER failure that shows the expression where it is not RE2. */
  static ValueTest of(Matcher matcher) {
    var wanted = matcher.value();
    return switch (matcher.operator()) {
      case EQUAL -> wanted::equals;
      case NOT_EQUAL -> value -> !wanted.equals(value);
      case REGEX -> ofExpression(matcher);
      case NOT_REGEX -> {
        var inner = ofExpression(matcher);
        yield value -> !inner.accepts(value);
      }
    };
  }

  /** What the matcher's expression says, whether that is wanted or not. */
  static ValueTest ofExpression(Matcher matcher) {
    var plain = PlainExpression.of(matcher.value());
    if (plain != null) {
      return plain::accepts;
    }
    try {
      // matches() anchors at both ends; the group keeps alternatives together.
      var pattern = Pattern.compile("(?:" + matcher.value() + ")", Pattern.DOTALL);
      return pattern::matches;
    } catch (PatternSyntaxException wrong) {
      throw Failure.user("the matcher " + matcher + " holds a regular expression that RE2 does not "
          + "know: " + wrong.getDescription() + " in " + wrong.getPattern());
    }
  }
}
