package io.throughline.model;

import org.jspecify.annotations.Nullable;

/**
 * What went wrong, in one of five categories; one place in {@code app} maps each to an HTTP status
 * and a counter. The message says what failed, what was got and wanted, where, and what to do.
 */
public final class Failure extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /** Who has to act. */
  public enum Category {
    /** The request is wrong; sending it again is in vain. */
    USER,
    /** A limit of the tenant's own was reached; the message names it and its setting. */
    LIMIT,
    /** Bytes on disk or in the log are not what was written. */
    CORRUPT,
    /** Something needed is away or overloaded; sending it again later helps. */
    UNAVAILABLE,
    /** Ours. */
    BUG
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
