package io.throughline.rules.notify;

import com.google.re2j.Pattern;
import com.google.re2j.PatternSyntaxException;
import java.util.List;
import java.util.Map;

/**
 * A silence of Alertmanager: alerts that all its matchers match are not told to people meanwhile.
 *
 * @param state {@code active}, {@code pending} or {@code expired}
 */
public record Silence(String id, String state, List<Match> matchers, long startsMs, long endsMs,
    long updatedMs, String createdBy, String comment) {

  public Silence {
    matchers = List.copyOf(matchers);
  }

  /**
   * A condition on one label; a label that is missing is "".
   *
   * @param isRegex whether the value is an expression, anchored at both ends
   * @param isEqual whether it has to match rather than not
   */
  public record Match(String name, String value, boolean isRegex, boolean isEqual) {

    boolean matches(Map<String, String> labels) {
      var present = labels.getOrDefault(name, "");
      try {
        boolean same = isRegex
            ? Pattern.compile(value, Pattern.DOTALL).matches(present)
            : value.equals(present);
        return same == isEqual;
      } catch (PatternSyntaxException foreign) {
        // Alertmanager took it, so it means something there; here nothing is known to match.
        return false;
      }
    }
  }

  /** Whether it is in force. */
  public boolean active() {
    return state.equals("active");
  }

  public boolean matches(Map<String, String> labels) {
    return matchers.stream().allMatch(match -> match.matches(labels));
  }
}
