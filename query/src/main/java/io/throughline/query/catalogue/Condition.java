package io.throughline.query.catalogue;

import com.google.re2j.Pattern;
import com.google.re2j.PatternSyntaxException;
import io.throughline.model.Failure;
import io.throughline.model.Labels;
import io.throughline.model.Matcher;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A matcher with its expression compiled. */
public final class Condition {
  private final Matcher matcher;
  private final @Nullable Pattern pattern;

  Condition(Matcher matcher) {
    this.matcher = matcher;
    this.pattern = switch (matcher.operator()) {
      case EQUAL, NOT_EQUAL -> null;
      case REGEX, NOT_REGEX -> Pattern.compile(matcher.value(), Pattern.DOTALL);
    };
  }

  public Matcher matcher() {
    return matcher;
  }

  public boolean matches(Labels labels) {
    var value = labels.getOrEmpty(matcher.label());
    boolean equal = pattern == null
        ? value.equals(matcher.value())
        : pattern.matcher(value).matches();
    return switch (matcher.operator()) {
      case EQUAL, REGEX -> equal;
      case NOT_EQUAL, NOT_REGEX -> !equal;
    };
  }

  @Override
  public String toString() {
    return matcher.toString();
  }

  /**
   * Reads matchers as PromQL writes them between braces, without the braces: {@code a="x",b!~"y.*"}.
   *
   * @throws Failure USER, saying where the text is wrong
   */
  public static List<Condition> parse(String text) {
    var conditions = new ArrayList<Condition>();
    int position = skipSpace(text, 0);
    while (position < text.length()) {
      int start = position;
      while (position < text.length() && isNameCharacter(text.charAt(position))) {
        position++;
      }
      var label = text.substring(start, position);
      position = skipSpace(text, position);
      Matcher.Operator operator = operatorAt(text, position);
      if (label.isEmpty() || operator == null) {
        throw wrong(text, position, "want label=\"value\" with =, !=, =~ or !~");
      }
      position = skipSpace(text, position + operator.symbol().length());
      if (position >= text.length() || text.charAt(position) != '"') {
        throw wrong(text, position, "want a value in double quotes");
      }
      int close = text.indexOf('"', position + 1);
      if (close < 0) {
        throw wrong(text, position, "the value's quote is not closed");
      }
      try {
        conditions
            .add(new Condition(new Matcher(operator, label, text.substring(position + 1, close))));
      } catch (PatternSyntaxException e) {
        throw wrong(text, position, "not an RE2 expression: " + e.getDescription());
      }
      position = skipSpace(text, close + 1);
      if (position < text.length()) {
        if (text.charAt(position) != ',') {
          throw wrong(text, position, "want a comma between matchers");
        }
        position = skipSpace(text, position + 1);
      }
    }
    return conditions;
  }

  private static Matcher.@Nullable Operator operatorAt(String text, int position) {
    // The longer symbols first: "=~" begins with "=".
    for (var operator : List.of(Matcher.Operator.REGEX, Matcher.Operator.NOT_REGEX,
        Matcher.Operator.NOT_EQUAL, Matcher.Operator.EQUAL)) {
      if (text.startsWith(operator.symbol(), position)) {
        return operator;
      }
    }
    return null;
  }

  private static boolean isNameCharacter(char c) {
    return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '_';
  }

  private static int skipSpace(String text, int position) {
    int next = position;
    while (next < text.length() && text.charAt(next) == ' ') {
      next++;
    }
    return next;
  }

  private static Failure wrong(String text, int position, String wanted) {
    return Failure.user("'" + text + "' at character " + position + ": " + wanted);
  }
}
