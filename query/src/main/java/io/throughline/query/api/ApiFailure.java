package io.throughline.query.api;

/** A request that gets an error reply. */
final class ApiFailure extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /** Prometheus' error types with their status. */
  enum Type {
    BAD_DATA("bad_data", 400),
    EXECUTION("execution", 422),
    CANCELED("canceled", 499),
    TIMEOUT("timeout", 503),
    INTERNAL("internal", 500),
    UNAVAILABLE("unavailable", 503),
    NOT_FOUND("not_found", 404),
    NOT_ACCEPTABLE("not_acceptable", 406),
    TOO_MANY("too_many_requests", 429);

    private final String word;
    private final int status;

    Type(String word, int status) {
      this.word = word;
      this.status = status;
    }

    String word() {
      return word;
    }

    int status() {
      return status;
    }
  }

  private final Type type;

  ApiFailure(Type type, String message) {
    super(message);
    this.type = type;
  }

  static ApiFailure badData(String message) {
    return new ApiFailure(Type.BAD_DATA, message);
  }

  static ApiFailure badParameter(String name, String message) {
    return badData("invalid parameter \"" + name + "\": " + message);
  }

  Type type() {
    return type;
  }

  /** The message of a failure is never absent. */
  @Override
  public String getMessage() {
    var message = super.getMessage();
    return message == null ? type.word() : message;
  }
}
