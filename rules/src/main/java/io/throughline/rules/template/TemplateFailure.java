package io.throughline.rules.template;

/** A template that is not one, or that cannot be expanded with these data. */
public final class TemplateFailure extends RuntimeException {
  private static final long serialVersionUID = 1L;

  TemplateFailure(String message) {
    super(message);
  }

  /** For those who answer a template's queries. */
  public static TemplateFailure because(String what, Throwable cause) {
    return new TemplateFailure(what + ": " + cause.getMessage());
  }

  /** The message of a failure is never absent. */
  @Override
  public String getMessage() {
    var message = super.getMessage();
    return message == null ? "template failure" : message;
  }
}
