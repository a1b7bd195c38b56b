package io.throughline.model.relabel;

import com.google.re2j.Matcher;
import com.google.re2j.Pattern;

/**
 * Text with references to groups of an expression, as Go expands it: {@code $1}, {@code ${1}}, {@code $name}, {@code
 * ${name}}, {@code $$}. The longest name counts ({@code $1x} is the group "1x"), a group that is not there is empty, and
 * a {@code $} that begins no reference stands for itself.
 */
public final class Template {

  private Template() {}

  /** @param matcher of {@code pattern}, standing on a match */
  public static String expand(String template, Pattern pattern, Matcher matcher) {
    if (template.indexOf('$') < 0) {
      return template;
    }
    var text = new StringBuilder();
    int at = 0;
    while (at < template.length()) {
      int dollar = template.indexOf('$', at);
      if (dollar < 0) {
        break;
      }
      text.append(template, at, dollar);
      boolean braces = template.startsWith("{", dollar + 1);
      int from = dollar + (braces ? 2 : 1);
      int to = endOfName(template, from);
      if (template.startsWith("$", dollar + 1)) {
        text.append('$');
        at = dollar + 2;
      } else if (to == from || braces && !template.startsWith("}", to)) {
        text.append('$');
        at = dollar + 1;
      } else {
        text.append(group(template.substring(from, to), pattern, matcher));
        at = to + (braces ? 1 : 0);
      }
    }
    return text.append(template, at, template.length()).toString();
  }

  private static int endOfName(String template, int from) {
    int to = from;
    while (to < template.length()) {
      int c = template.codePointAt(to);
      if (c != '_' && !Character.isLetter(c)
          && Character.getType(c) != Character.DECIMAL_DIGIT_NUMBER) {
        break;
      }
      to += Character.charCount(c);
    }
    return to;
  }

  private static String group(String name, Pattern pattern, Matcher matcher) {
    boolean number = name.length() < 9 && name.chars().allMatch(c -> c >= '0' && c <= '9')
        && (name.length() == 1 || name.charAt(0) != '0');
    Integer index = number ? (Integer) Integer.parseInt(name) : pattern.namedGroups().get(name);
    var found = index == null || index > matcher.groupCount() ? null : matcher.group(index);
    return found == null ? "" : found;
  }
}
