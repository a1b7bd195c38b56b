package io.throughline.rules.notify;

/**
 * What became of telling one receiver of one alert, the newest time it was to be told.
 *
 * @param atMs when it came to stand so
 * @param attempts deliveries that were tried since the alert was queued
 * @param error of the last attempt, or ""
 */
public record Delivery(String kind, String url, State state, long atMs, int attempts,
    String error) {

  /** How it stands. */
  public enum State {
    /** It waits its turn for the first time. */
    QUEUED("queued"),
    DELIVERED("delivered"),
    /** It is tried again. */
    FAILED("failed"),
    /** It was given up: the queue was full, or the receiver refused it. */
    DROPPED("dropped");

    private final String word;

    State(String word) {
      this.word = word;
    }

    /** As the API writes it. */
    public String word() {
      return word;
    }
  }
}
