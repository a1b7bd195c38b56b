package io.throughline.rules.group;

/** Where an alert stands. */
public enum AlertState {
  /** Resolved; kept for a while so that receivers hear of it. */
  INACTIVE("inactive"),
  /** Its element is there, but not long enough. */
  PENDING("pending"),
  FIRING("firing");

  private final String word;

  AlertState(String word) {
    this.word = word;
  }

  /** As Prometheus writes it. */
  public String word() {
    return word;
  }
}
