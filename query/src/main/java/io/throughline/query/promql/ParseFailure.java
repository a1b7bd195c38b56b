package io.throughline.query.promql;

/** An expression that is not PromQL. The message begins with the line and column of the mistake. */
public final class ParseFailure extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final String reason;

  public ParseFailure(String text, int offset, String reason) {
    super(Span.lineAndColumn(text, offset) + ": parse error: " + reason);
    this.reason = reason;
  }

  /** The message without its position. */
  public String reason() {
    return reason;
  }

  /** The message of a failure is never absent. */
  @Override
  public String getMessage() {
    var message = super.getMessage();
    return message == null ? reason : message;
  }
}
