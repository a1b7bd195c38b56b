package io.throughline.rules;

import java.util.Map;

/**
 * Keeps what alerts have to remember, by key; the newest value counts and an empty one deletes. Called by one thread at a
 * time.
 */
public interface StateLog {

  /** All that is kept. */
  Map<String, byte[]> load();

  /**
   * Keeps entries, all or none; returns once they would survive this process.
   *
   * @throws Fenced if another process has taken over
   * @throws io.throughline.model.Failure if they are not kept; the caller goes on and tries again with its next entries
   */
  void save(Map<String, byte[]> entries);

  /** Another process owns the rules now: this one must neither write nor notify. */
  final class Fenced extends RuntimeException {
    private static final long serialVersionUID = 1L;

    public Fenced(String message, Throwable cause) {
      super(message, cause);
    }
  }
}
