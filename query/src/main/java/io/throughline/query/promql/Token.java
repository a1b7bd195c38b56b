package io.throughline.query.promql;

/**
 * One word of an expression.
 *
 * @param text as it was written; of a string, its value without quotes and escapes
 * @param start included, in UTF-16 units
 * @param end excluded
 */
record Token(Kind kind, String text, int start, int end) {

  enum Kind {
    END("end of input"),
    LEFT_PAREN("\"(\""),
    RIGHT_PAREN("\")\""),
    LEFT_BRACE("\"{\""),
    RIGHT_BRACE("\"}\""),
    LEFT_BRACKET("\"[\""),
    RIGHT_BRACKET("\"]\""),
    COMMA("\",\""),
    COLON("\":\""),
    ASSIGN("\"=\""),
    AT("<at>"),
    STRING("string"),
    NUMBER("number"),
    DURATION("duration"),
    NAME("identifier"),
    METRIC_NAME("metric identifier"),
    OPERATOR("<op>");

    private final String words;

    Kind(String words) {
      this.words = words;
    }

    String words() {
      return words;
    }
  }

  /** How a message names this token. */
  String words() {
    return switch (kind) {
      case END -> "end of input";
      case STRING -> "string " + Strings.quote(text);
      case NUMBER -> "number " + Strings.quote(text);
      case DURATION -> "duration " + Strings.quote(text);
      case NAME -> "identifier " + Strings.quote(text);
      case METRIC_NAME -> "metric identifier " + Strings.quote(text);
      case OPERATOR -> "<op:" + text + ">";
      case AT -> "<op:@>";
      case LEFT_PAREN, RIGHT_PAREN, LEFT_BRACE, RIGHT_BRACE, LEFT_BRACKET, RIGHT_BRACKET, COMMA,
          COLON, ASSIGN ->
        kind.words();
    };
  }
}
