package io.throughline.agent.node;

import java.nio.charset.StandardCharsets;

/**
 * A cursor over the text of one kernel file: lines, words separated by blanks, decimal numbers.
 *
 * <p>Its owner refills {@link #bytes}. Hot path: nothing here allocates but {@link #text}. ASCII
 * throughout, so the locale has no say.
 */
final class ProcText {

  byte[] bytes = new byte[8 * 1024];
  int length;
  private int at;
  private int lineEnd;
  private int wordStart;
  private int wordEnd;

  /** Back to before the first line. */
  void rewind() {
    at = 0;
    lineEnd = -1;
    wordStart = 0;
    wordEnd = 0;
  }

  /** Moves to the next line, before its first word; false at the end. */
  boolean nextLine() {
    at = lineEnd + 1;
    if (at >= length) {
      return false;
    }
    lineEnd = at;
    while (lineEnd < length && bytes[lineEnd] != '\n') {
      lineEnd++;
    }
    return true;
  }

  /** Moves to the next word of the line; false where there is none. */
  boolean nextWord() {
    while (at < lineEnd && (bytes[at] == ' ' || bytes[at] == '\t')) {
      at++;
    }
    wordStart = at;
    while (at < lineEnd && bytes[at] != ' ' && bytes[at] != '\t') {
      at++;
    }
    wordEnd = at;
    return wordEnd > wordStart;
  }

  /** Skips words; false where the line ends first. */
  boolean skipWords(int count) {
    for (int i = 0; i < count; i++) {
      if (!nextWord()) {
        return false;
      }
    }
    return true;
  }

  /** Whether the present word is {@code word}, ASCII. */
  boolean is(String word) {
    return wordEnd - wordStart == word.length() && startsWith(word);
  }

  boolean startsWith(String prefix) {
    if (wordEnd - wordStart < prefix.length()) {
      return false;
    }
    for (int i = 0; i < prefix.length(); i++) {
      if (bytes[wordStart + i] != prefix.charAt(i)) {
        return false;
      }
    }
    return true;
  }

  /** The present word. Allocates. */
  String text() {
    return new String(bytes, wordStart, wordEnd - wordStart, StandardCharsets.UTF_8);
  }

  /** The present word's hash, to find a known text without making it. */
  long hash() {
    long hash = 0xcbf29ce484222325L;
    for (int i = wordStart; i < wordEnd; i++) {
      hash = (hash ^ bytes[i]) * 0x100000001b3L;
    }
    return hash;
  }

  /** The leading digits of the present word as a number; 0 where it has none. Wraps as the kernel's do. */
  long number() {
    int i = wordStart;
    boolean negative = i < wordEnd && bytes[i] == '-';
    return number(negative ? i + 1 : i, negative);
  }

  /** The next word as a number; -1 where the line ends. */
  long nextNumber() {
    return nextWord() ? number() : -1;
  }

  /** The digits behind {@code =} in a word as {@code some_key=123}; -1 where there is no such sign. */
  long numberAfterEquals() {
    for (int i = wordStart; i < wordEnd; i++) {
      if (bytes[i] == '=') {
        return number(i + 1, false);
      }
    }
    return -1;
  }

  /** The hexadecimal digits behind {@code :} in a word as {@code 00000000:0000001F}; -1 where there is no such sign. */
  long hexAfterColon() {
    int i = wordStart;
    while (i < wordEnd && bytes[i] != ':') {
      i++;
    }
    if (i == wordEnd) {
      return -1;
    }
    long value = 0;
    for (i++; i < wordEnd && Character.digit(bytes[i], 16) >= 0; i++) {
      value = value * 16 + Character.digit(bytes[i], 16);
    }
    return value;
  }

  /** The present word as a decimal fraction, as {@code 0.25}. */
  double decimal() {
    long whole = number();
    int i = wordStart;
    while (i < wordEnd && bytes[i] != '.') {
      i++;
    }
    double scale = 0.1;
    double fraction = 0;
    for (i++; i < wordEnd && bytes[i] >= '0' && bytes[i] <= '9'; i++) {
      fraction += (bytes[i] - '0') * scale;
      scale /= 10;
    }
    return whole + fraction;
  }

  /**
   * Ends the present word at {@code end}, and goes on behind it: for {@code eth0:123}, where the
   * kernel leaves no blank. False where the word has no such sign.
   */
  boolean cutAt(char end) {
    for (int i = wordStart; i < wordEnd; i++) {
      if (bytes[i] == end) {
        wordEnd = i;
        at = i + 1;
        return true;
      }
    }
    return false;
  }

  /** Goes behind the last {@code sign} of the line: a process's name may hold blanks and brackets. */
  boolean skipPastLast(char sign) {
    for (int i = lineEnd - 1; i >= at; i--) {
      if (bytes[i] == sign) {
        at = i + 1;
        return true;
      }
    }
    return false;
  }

  private long number(int from, boolean negative) {
    long value = 0;
    for (int i = from; i < wordEnd && bytes[i] >= '0' && bytes[i] <= '9'; i++) {
      value = value * 10 + (bytes[i] - '0');
    }
    return negative ? -value : value;
  }
}
