package io.throughline.model;

import org.jspecify.annotations.Nullable;

/**
 * What went wrong, in one of five categories, each with the HTTP status that every door answers. The message
 * says what failed, what was got and wanted, where, and what to do.
 */
public final class Failure extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /** Who has to act. */
  public enum Category {
    /** The request is wrong; sending it again is in vain. */
    USER(400),
    /** A limit of the tenant's own was reached; the message names it and its setting. */
    LIMIT(429),
    /** Bytes on disk or in the log are not what was written. */
    CORRUPT(500),
    /** Something needed is away or overloaded; sending it again later helps. */
    UNAVAILABLE(503),
    /** Ours. */
    BUG(500);

    private final int httpStatus;

    Category(int httpStatus) {
      this.httpStatus = httpStatus;
    }

    /** The one place where a failure becomes a status; how its message is framed is each protocol's own. */
    public int httpStatus() {
      return httpStatus;
    }
  }

  private final Category category;

  public Failure(Category category, String message) {
    super(message);
    this.category = category;
  }

  public Failure(Category category, String message, @Nullable Throwable cause) {
    super(message, cause);
    this.category = category;
  }

  public static Failure user(String message) {
    return new Failure(Category.USER, message);
  }

  public static Failure limit(String message) {
    return new Failure(Category.LIMIT, message);
  }

  public static Failure corrupt(String message) {
    return new Failure(Category.CORRUPT, message);
  }

  public static Failure unavailable(String message) {
    return new Failure(Category.UNAVAILABLE, message);
  }

  public Category category() {
    return category;
  }

  /** The message of a failure is never absent. */
  @Override
  public String getMessage() {
    var message = super.getMessage();
    return message == null ? category.name() : message;
  }
}
