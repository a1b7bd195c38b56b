package io.throughline.query.promql;

/**
 * Where a piece of an expression stands in its text, in UTF-16 units.
 *
 * @param start included
 * @param end excluded
 */
public record Span(int start, int end) {

  /** Line and column as {@code line:column}, both from 1; columns count UTF-8 bytes. */
  public static String lineAndColumn(String text, int offset) {
    int line = 1;
    int column = 1;
    int end = Math.min(offset, text.length());
    for (int i = 0; i < end; i++) {
      char c = text.charAt(i);
      if (c == '\n') {
        line++;
        column = 1;
      } else {
        column += utf8Length(c);
      }
    }
    return line + ":" + column;
  }

  private static int utf8Length(char c) {
    if (c < 0x80) {
      return 1;
    }
    // Each half of a surrogate pair stands for two of its four bytes.
    return c < 0x800 || Character.isSurrogate(c) ? 2 : 3;
  }
}
