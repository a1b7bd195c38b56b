package io.throughline.rules.template;

/**
 * A piece of an action.
 *
 * @param text as written; a string's value
 * @param spaceBefore whether white space stands before it, which parts arguments
 */
record Token(Kind kind, String text, boolean spaceBefore, int line) {

  enum Kind {
    /** A keyword or a function. */
    WORD,
    /** {@code $name}. */
    VARIABLE,
    /** {@code .name}. */
    FIELD,
    DOT,
    NUMBER,
    STRING,
    CHARACTER,
    PIPE,
    LEFT_PAREN,
    RIGHT_PAREN,
    COMMA,
    ASSIGN,
    DECLARE,
    END
  }
}
