package io.throughline.agent.sidecar;

import java.util.HashSet;
import java.util.Set;

/**
 * Makes route templates of paths: {@code /orders/8731/lines/2} becomes {@code /orders/{id}/lines/{id}}.
 *
 * <p>A segment is an id where it is a number, a UUID, a hexadecimal string of eight or more with a digit
 * in it, has three or more digits, is longer than {@value #LONGEST_NAME} characters or holds a character that
 * names do not ({@code @ % = , ; :}). {@code v1} and its like stay. At most {@value #MOST_ROUTES} templates
 * are given out; every later one is {@value #OTHER}. One thread.
 */
final class Routes {

  static final int MOST_ROUTES = 100;
  static final String OTHER = "other";
  private static final int MOST_SEGMENTS = 8;
  private static final int LONGEST_NAME = 32;
  private static final String ID = "{id}";
  // A path seen again costs one lookup; ids make most paths unique, so this is kept small.
  private final Set<String> routes = new HashSet<>();

  /** The template of a request target's path; a query is cut off. */
  String of(String path) {
    String template = template(path);
    if (routes.contains(template)) {
      return template;
    }
    if (routes.size() >= MOST_ROUTES) {
      return OTHER;
    }
    routes.add(template);
    return template;
  }

  static String template(String target) {
    int end = target.length();
    for (int i = 0; i < end; i++) {
      if (target.charAt(i) == '?' || target.charAt(i) == '#') {
        end = i;
      }
    }
    if (end == 0 || target.charAt(0) != '/') {
      // OPTIONS *, CONNECT host:port, absolute targets.
      return end == 1 && target.charAt(0) == '*' ? "*" : OTHER;
    }
    var template = new StringBuilder(end);
    int segments = 0;
    int from = 1;
    while (from <= end) {
      int slash = target.indexOf('/', from);
      int to = slash < 0 || slash > end ? end : slash;
      if (segments++ == MOST_SEGMENTS) {
        return template.append("/…").toString();
      }
      template.append('/');
      if (isId(target, from, to)) {
        template.append(ID);
      } else {
        template.append(target, from, to);
      }
      from = to + 1;
    }
    return template.toString();
  }

  private static boolean isId(String path, int from, int to) {
    int length = to - from;
    if (length > LONGEST_NAME) {
      return true;
    }
    int digits = 0;
    int hexadecimal = 0;
    for (int i = from; i < to; i++) {
      char c = path.charAt(i);
      if (c >= '0' && c <= '9') {
        digits++;
        hexadecimal++;
      } else if ((c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F')) {
        hexadecimal++;
      } else if ("@%=,;:".indexOf(c) >= 0 || c > '~') {
        return true;
      }
    }
    boolean number = length > 0 && digits == length;
    boolean hash = length >= 8 && hexadecimal == length && digits > 0;
    return number || hash || digits >= 3;
  }
}
