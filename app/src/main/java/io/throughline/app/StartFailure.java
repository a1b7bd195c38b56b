package io.throughline.app;

/** Why a command cannot go on, in one line for the user; nothing was damaged and nothing is left running. */
final class StartFailure extends Exception {
  private static final long serialVersionUID = 1L;

  StartFailure(String message) {
    super(message);
  }

  StartFailure(String message, Throwable cause) {
    super(message, cause);
  }

  /** The message is never absent. */
  @Override
  public String getMessage() {
    return String.valueOf(super.getMessage());
  }
}
