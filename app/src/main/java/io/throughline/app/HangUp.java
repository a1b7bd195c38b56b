package io.throughline.app;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import sun.misc.Signal;

/** What SIGHUP does, where the system has it: by custom, reads files anew. */
final class HangUp {
  private static final Logger LOG = LoggerFactory.getLogger(HangUp.class);

  private HangUp() {}

  /** Runs an action at each SIGHUP until closed; on a system without it, never. */
  static AutoCloseable calls(Runnable action) {
    try {
      var signal = new Signal("HUP");
      var before = Signal.handle(signal, _ -> action.run());
      return () -> Signal.handle(signal, before);
    } catch (IllegalArgumentException unknown) {
      LOG.info("SIGHUP does not reload rules here: {}", unknown.getMessage());
      return () -> {};
    }
  }
}
