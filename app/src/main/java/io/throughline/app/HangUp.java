package io.throughline.app;

import java.util.Map;
import java.util.TreeMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import sun.misc.Signal;
import sun.misc.SignalHandler;

/**
 * What SIGHUP does, where the system has it: by custom, reads files anew. The virtual machine leaves it ignored where
 * the process was started so.
 */
final class HangUp {
  private static final Logger LOG = LoggerFactory.getLogger(HangUp.class);
  private static final Map<String, Runnable> ACTIONS = new TreeMap<>();

  private HangUp() {}

  /**
   * Runs an action at each SIGHUP until closed; on a system without it, never.
   *
   * @param name of the action; another of that name takes its place
   */
  static synchronized AutoCloseable calls(String name, Runnable action) {
    ACTIONS.put(name, action);
    try {
      if (Signal.handle(new Signal("HUP"), _ -> runAll()) == SignalHandler.SIG_IGN) {
        LOG.info(
            "SIGHUP does not reload {} here: what started this process has it ignored, as nohup"
                + " does; POST /-/reload does",
            name);
      }
    } catch (IllegalArgumentException unknown) {
      LOG.info("SIGHUP does not reload {} here: {}", name, unknown.getMessage());
    }
    return () -> ends(name, action);
  }

  private static synchronized void ends(String name, Runnable action) {
    ACTIONS.remove(name, action);
  }

  private static synchronized void runAll() {
    ACTIONS.forEach((name, action) -> {
      try {
        action.run();
      } catch (RuntimeException defect) {
        LOG.error("SIGHUP did not reload {}", name, defect);
      }
    });
  }
}
