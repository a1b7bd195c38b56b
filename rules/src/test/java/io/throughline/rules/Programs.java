package io.throughline.rules;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** Programs and files that are not part of a clone; a test that lacks one is skipped with the reason. */
public final class Programs {

  /** What a program said. */
  public record Said(int exitCode, String text) {}

  private Programs() {}

  /** Debian's promtool; skips the test where it is missing. */
  public static Path promtool() {
    var promtool = Path.of("/usr/bin/promtool");
    boolean there = Files.isExecutable(promtool);
    if (!there) {
      System.out.println("skipped: /usr/bin/promtool (Debian's prometheus) is not installed");
    }
    assumeTrue(there, "Debian's prometheus is not installed");
    return promtool;
  }

  public static Said run(Path folder, List<String> command)
      throws IOException, InterruptedException {
    var process = new ProcessBuilder(command).directory(folder.toFile())
        .redirectErrorStream(true)
        .start();
    process.getOutputStream().close();
    var text = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    if (!process.waitFor(60, TimeUnit.SECONDS)) {
      process.destroyForcibly();
      throw new IOException(command + " did not end");
    }
    return new Said(process.exitValue(), text);
  }

  /** Public files beside the clone; skips the test where they are not there. */
  public static Path publicData(String path) {
    var found = find(path);
    if (found == null) {
      System.out.println(
          "skipped: the public data (shared/fixtures/" + path + ") are not beside this clone");
    }
    assumeTrue(found != null, "the public data are not there");
    return found == null ? Path.of("") : found;
  }

  private static @Nullable Path find(String path) {
    var folder = Path.of("").toAbsolutePath();
    while (folder != null) {
      var there = folder.resolve("shared/fixtures").resolve(path);
      if (Files.exists(there)) {
        return there;
      }
      folder = folder.getParent();
    }
    return null;
  }

  /** The lines of the index of the public rule files, without its head: file, kind, verdict. */
  public static List<String[]> index() throws IOException {
    var rows = new ArrayList<String[]>();
    for (var line : Files.readAllLines(publicData("rules").resolve("index.csv"))) {
      var cells = line.split(",", 7);
      if (!cells[0].equals("file")) {
        rows.add(new String[] {cells[0], cells[1], cells[5]});
      }
    }
    return rows;
  }
}
