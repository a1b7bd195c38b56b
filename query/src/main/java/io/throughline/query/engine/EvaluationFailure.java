package io.throughline.query.engine;

/** A query that cannot be answered with this data: what Prometheus calls an execution error. */
public final class EvaluationFailure extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /** What ended the evaluation. */
  public enum Kind {
    EXECUTION,
    TIMEOUT,
    CANCELED
  }

  private final Kind kind;

  public EvaluationFailure(Kind kind, String message) {
    super(message);
    this.kind = kind;
  }

  static EvaluationFailure of(String message) {
    return new EvaluationFailure(Kind.EXECUTION, message);
  }

  public Kind kind() {
    return kind;
  }

  /** The message of a failure is never absent. */
  @Override
  public String getMessage() {
    var message = super.getMessage();
    return message == null ? kind.name() : message;
  }
}
