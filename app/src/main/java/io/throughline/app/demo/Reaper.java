package io.throughline.app.demo;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * A shell that outlives this process by moments and removes the shop's cgroups, also after a
 * {@code kill -9}: it waits for the end of its standard input, which only our end can bring, ends what is left
 * in the groups, removes them, and ends.
 */
final class Reaper implements AutoCloseable {

  // $@ are folders, children first. Only processes that are in the shop's own groups are ended.
  private static final String SCRIPT = """
      trap '' INT HUP TERM
      read -r line
      tries=0
      while [ "$tries" -lt 100 ]; do
        left=
        for folder in "$@"; do
          [ -d "$folder" ] || continue
          if ! rmdir "$folder" 2>/dev/null; then
            left=yes
            if [ "$tries" -ge 30 ] && [ -r "$folder/cgroup.procs" ]; then
              while read -r pid; do kill -9 "$pid" 2>/dev/null; done < "$folder/cgroup.procs"
            fi
          fi
        done
        [ -z "$left" ] && exit 0
        tries=$((tries + 1))
        sleep 0.1
      done
      """;

  private final Process process;

  private Reaper(Process process) {
    this.process = process;
  }

  static Reaper start(List<Path> folders) throws IOException {
    var command = new ArrayList<>(List.of("/bin/sh", "-c", SCRIPT, "throughline-demo-reaper"));
    folders.forEach(folder -> command.add(folder.toString()));
    return new Reaper(new ProcessBuilder(command).redirectOutput(ProcessBuilder.Redirect.DISCARD)
        .redirectError(ProcessBuilder.Redirect.DISCARD)
        .start());
  }

  long pid() {
    return process.pid();
  }

  /** Lets it do its work and end. */
  @Override
  public void close() {
    try {
      process.getOutputStream().close();
    } catch (IOException e) {
      // It has ended before us: then there is nothing it could still do.
      process.destroy();
    }
  }
}
