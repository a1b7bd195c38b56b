package io.throughline.query.api;

/**
 * Names with characters that do not fit into a path or an old exposition: {@code U__http_2e_status} stands for
 * {@code http.status}. An underscore is doubled, other characters are their code point in hex between underscores.
 */
final class EscapedNames {
  private static final String PREFIX = "U__";
  private static final int MOST_DIGITS = 6;

  private EscapedNames() {}

  /** The name meant; the text itself if it is not escaped or not validly so. */
  static String unescape(String text) {
    if (!text.startsWith(PREFIX)) {
      return text;
    }
    var name = new StringBuilder();
    int i = PREFIX.length();
    while (i < text.length()) {
      char c = text.charAt(i);
      if (c != '_') {
        name.append(c);
        i++;
      } else if (text.startsWith("__", i)) {
        name.append('_');
        i += 2;
      } else {
        int end = text.indexOf('_', i + 1);
        int codePoint = end < 0 || end == i + 1 || end - i - 1 > MOST_DIGITS
            ? -1
            : hex(text, i + 1, end);
        if (!Character.isValidCodePoint(codePoint)) {
          return text;
        }
        name.appendCodePoint(codePoint);
        i = end + 1;
      }
    }
    return name.toString();
  }

  private static int hex(String text, int from, int to) {
    int value = 0;
    for (int i = from; i < to; i++) {
      int digit = Character.digit(text.charAt(i), 16);
      if (digit < 0 || text.charAt(i) > 'f') {
        return -1;
      }
      value = value << 4 | digit;
    }
    return value;
  }
}
