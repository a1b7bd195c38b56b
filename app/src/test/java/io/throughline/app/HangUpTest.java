package io.throughline.app;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

class HangUpTest {
  @Test
  void aProcessThatWasStartedWithTheSignalIgnoredSaysThatItDoesNotReload() throws Exception {
    var java = Path.of(System.getProperty("java.home"), "bin", "java").toString();
    var started = new ProcessBuilder("/bin/sh", "-c", "trap '' HUP; exec \"$@\"", "sh", java,
        "-Dlogback.configurationFile=logback.xml", "-cp", System.getProperty("java.class.path"),
        Started.class.getName()).redirectErrorStream(true).start();
    String said = new String(started.getInputStream().readAllBytes(), StandardCharsets.UTF_8);

    assertThat(started.waitFor()).as(said).isZero();
    assertThat(said).contains("SIGHUP does not reload rules here").contains("POST /-/reload does");
  }

  /** The process started. */
  static final class Started {
    private Started() {}

    public static void main(String[] arguments) throws Exception {
      HangUp.calls("rules", () -> {}).close();
    }
  }
}
