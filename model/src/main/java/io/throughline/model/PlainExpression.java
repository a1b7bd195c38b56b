package io.throughline.model;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A regular expression that needs no automaton: alternatives of literal text and dots, each with at most one {@code .*} or
 * {@code .+}, at its end. So are most that dashboards send: {@code api|web}, {@code 5..}, {@code node_.*}, {@code (a|b)}.
 *
 * <p>It accepts what RE2 accepts where both ends are anchored and a dot matches a newline too. Immutable.
 */
public final class PlainExpression {
  private static final String SPECIAL = "*+?()[]{}^$";
  private static final String ESCAPABLE = ".-/:+*?()[]{}^$|\\ ,@#%&=!<>~'\"`;";

  private final List<Alternative> alternatives;
  /** All it accepts, or null where it accepts more than literal text. */
  private final @Nullable Set<String> literals;
  private final String prefix;

  /** What may follow an alternative's text. */
  private enum Tail {
    NOTHING,
    ANYTHING,
    SOMETHING
  }

  /**
   * @param dots indexes in the text that stand for any one character, ascending; what stands there does not count
   */
  private record Alternative(String text, List<Integer> dots, Tail tail) {

    boolean accepts(String value) {
      int at = 0;
      int nextDot = 0;
      for (int i = 0; i < text.length(); i++) {
        if (at >= value.length()) {
          return false;
        }
        if (nextDot < dots.size() && dots.get(nextDot) == i) {
          nextDot++;
          at += Character.charCount(value.codePointAt(at));
        } else if (value.charAt(at++) != text.charAt(i)) {
          return false;
        }
      }
      return switch (tail) {
        case NOTHING -> at == value.length();
        case ANYTHING -> true;
        case SOMETHING -> at < value.length();
      };
    }

    String literalStart() {
      return dots.isEmpty() ? text : text.substring(0, dots.getFirst());
    }
  }

  private PlainExpression(List<Alternative> alternatives) {
    this.alternatives = alternatives;
    boolean literal = alternatives.stream()
        .allMatch(one -> one.dots.isEmpty() && one.tail == Tail.NOTHING);
    literals = literal
        ? new HashSet<>(alternatives.stream().map(Alternative::text).toList())
        : null;
    prefix = commonPrefix(alternatives);
  }

  private static String commonPrefix(List<Alternative> alternatives) {
    var common = alternatives.getFirst().literalStart();
    for (var one : alternatives) {
      var start = one.literalStart();
      int length = 0;
      while (length < common.length() && length < start.length()
          && common.charAt(length) == start.charAt(length)) {
        length++;
      }
      common = common.substring(0, length);
    }
    int last = common.length() - 1;
    // Half a character is none.
    return last >= 0 && Character.isHighSurrogate(common.charAt(last))
        ? common.substring(0, last)
        : common;
  }

  /** Reads an expression; null where it is not a plain one, or wrong. */
  public static @Nullable PlainExpression of(String expression) {
    int from = 0;
    int end = expression.length();
    if (expression.startsWith("(") && expression.endsWith(")")) {
      // Where the last parenthesis closes another than the first, what is between them is not plain.
      from = expression.startsWith("(?:") ? 3 : 1;
      end--;
    }
    var reader = new Reader(expression.substring(Math.min(from, end), end));
    var alternatives = new ArrayList<Alternative>();
    do {
      var next = reader.alternative();
      if (next == null) {
        return null;
      }
      alternatives.add(next);
    } while (reader.skipBar());
    return new PlainExpression(alternatives);
  }

  private static final class Reader {
    private final String from;
    private int at;

    Reader(String from) {
      this.from = from;
    }

    boolean skipBar() {
      boolean more = at < from.length();
      at++;
      return more;
    }

    private boolean atEnd() {
      return at == from.length() || from.charAt(at) == '|';
    }

    /** What stands before the next bar or the end. */
    @Nullable
    Alternative alternative() {
      var text = new StringBuilder();
      var dots = new ArrayList<Integer>();
      while (!atEnd()) {
        char c = from.charAt(at++);
        if (c == '.' && !atEnd() && (from.charAt(at) == '*' || from.charAt(at) == '+')) {
          var tail = from.charAt(at++) == '*' ? Tail.ANYTHING : Tail.SOMETHING;
          return atEnd() ? new Alternative(text.toString(), dots, tail) : null;
        }
        if (c == '\\') {
          if (at == from.length() || ESCAPABLE.indexOf(from.charAt(at)) < 0) {
            return null;
          }
          c = from.charAt(at++);
        } else if (SPECIAL.indexOf(c) >= 0) {
          return null;
        } else if (c == '.') {
          dots.add(text.length());
        }
        text.append(c);
      }
      return new Alternative(text.toString(), dots, Tail.NOTHING);
    }
  }

  /** Whether the whole text matches. */
  public boolean accepts(String value) {
    if (literals != null) {
      return literals.contains(value);
    }
    for (var one : alternatives) {
      if (one.accepts(value)) {
        return true;
      }
    }
    return false;
  }

  /** Whether every text matches. */
  public boolean acceptsEverything() {
    for (var one : alternatives) {
      if (one.text.isEmpty() && one.tail == Tail.ANYTHING) {
        return true;
      }
    }
    return false;
  }

  /** All texts that match, or null where they are not a few. */
  public @Nullable Set<String> literals() {
    return literals;
  }

  /** What every text that matches begins with. */
  public String prefix() {
    return prefix;
  }
}
