package io.throughline.rules.group;

/** An evaluation of a rule that yields nothing that could be used. */
final class RuleFailure extends RuntimeException {
  private static final long serialVersionUID = 1L;

  RuleFailure(String message) {
    super(message);
  }
}
