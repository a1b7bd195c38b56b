package io.throughline.app.transfer;

import io.throughline.app.console.Reason;
import io.throughline.model.Counted;
import io.throughline.model.Failure;
import io.throughline.store.transfer.ImportProgress;
import io.throughline.store.transfer.OpenMetricsFile;
import io.throughline.store.transfer.PrometheusBlock;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/**
 * {@code import}: writes what other systems have on disk through the door of a running Throughline. Run twice it changes
 * nothing: an equal series and time is overwritten by an equal value.
 */
@Command(name = "import", mixinStandardHelpOptions = true,
    description = "Import blocks of Prometheus or an OpenMetrics file into a running Throughline.",
    subcommands = {ImportCommand.Prometheus.class, ImportCommand.OpenMetrics.class})
public final class ImportCommand implements Runnable {
  private static final long SAY_NANOS = 2_000_000_000L;
  private static final Pattern MIN_TIME = Pattern.compile("\"minTime\"\\s*:\\s*(-?\\d+)");

  @Spec
  private @Nullable CommandSpec spec;

  @Override
  public void run() {
    if (spec != null) {
      throw new ParameterException(spec.commandLine(), "want one of prometheus, openmetrics");
    }
  }

  /** What both kinds are told. */
  static final class Options {
    @Option(names = "--url", paramLabel = "URL",
        description = "The Throughline (default: ${DEFAULT-VALUE}).")
    private String url = "http://127.0.0.1:7070";

    @Option(names = "--tenant", paramLabel = "NAME",
        description = "Whose the samples become (default: ${DEFAULT-VALUE}).")
    private String tenant = "default";

    @Option(names = "--patience", paramLabel = "SECONDS",
        description = "How long a door that is busy is waited for (default: ${DEFAULT-VALUE}).")
    private int patience = 120;
  }

  /** What both kinds do. */
  abstract static class Kind implements Callable<Integer> {
    @Spec
    private @Nullable CommandSpec spec;

    @Mixin
    private Options options = new Options();

    @Override
    public Integer call() {
      return new Run(spec, options).over(this::read);
    }

    abstract void read(Run.Sources sources) throws IOException;
  }

  /** {@code import prometheus}. */
  @Command(name = "prometheus", mixinStandardHelpOptions = true,
      description = "Import a block, or every block of a data directory, native histograms included.")
  static final class Prometheus extends Kind {
    @Parameters(paramLabel = "DIR",
        description = "A data directory of Prometheus, a snapshot of one, or one block.")
    private Path folder = Path.of(".");

    @Option(names = "--state", paramLabel = "FILE",
        description = "Where finished blocks are noted: those are left out when it is run again.")
    private @Nullable Path state;

    @Override
    void read(Run.Sources sources) throws IOException {
      var done = finished();
      var blocks = found(folder);
      if (blocks.isEmpty()) {
        throw Failure.user("folder " + folder + " is no block of Prometheus and holds none");
      }
      int number = 0;
      for (var block : blocks) {
        var name = String.valueOf(block.getFileName());
        number++;
        if (done.contains(name)) {
          sources.say(
              "block " + name + " (" + number + " of " + blocks.size() + ") was imported before");
          continue;
        }
        sources.read("block " + name + " (" + number + " of " + blocks.size() + ")",
            door -> PrometheusBlock.read(block, door));
        if (state != null) {
          Files.writeString(state, name + "\n", StandardOpenOption.CREATE,
              StandardOpenOption.APPEND);
        }
      }
    }

    private Set<String> finished() throws IOException {
      return state != null && Files.exists(state)
          ? new HashSet<>(Files.readAllLines(state))
          : Set.of();
    }

    /** The blocks of a folder, oldest first. */
    static List<Path> found(Path folder) throws IOException {
      if (isBlock(folder)) {
        return List.of(folder.toAbsolutePath().normalize());
      }
      if (!Files.isDirectory(folder)) {
        return List.of();
      }
      var blocks = new ArrayList<Path>();
      try (var entries = Files.list(folder)) {
        entries.filter(Prometheus::isBlock).forEach(blocks::add);
      }
      blocks.sort(Comparator.comparingLong(Prometheus::minTimeMs).thenComparing(Path::toString));
      return blocks;
    }

    private static boolean isBlock(Path folder) {
      return Files.isRegularFile(folder.resolve("index"))
          && Files.isDirectory(folder.resolve("chunks"));
    }

    /** As its {@code meta.json} says; a block without one comes first. */
    private static long minTimeMs(Path block) {
      try {
        var found = MIN_TIME.matcher(Files.readString(block.resolve("meta.json")));
        return found.find() ? Long.parseLong(found.group(1)) : Long.MIN_VALUE;
      } catch (IOException | NumberFormatException unknown) {
        return Long.MIN_VALUE;
      }
    }
  }

  /** {@code import openmetrics}. */
  @Command(name = "openmetrics", mixinStandardHelpOptions = true,
      description = "Import a file in the OpenMetrics text format, with timestamps.")
  static final class OpenMetrics extends Kind {
    @Parameters(paramLabel = "FILE", description = "The file; it ends with # EOF.")
    private Path file = Path.of("metrics.txt");

    @Override
    void read(Run.Sources sources) throws IOException {
      sources.read(file.toString(), door -> OpenMetricsFile.read(file, door));
    }
  }

  /** One import: its door, what it says, how it ends. */
  private static final class Run {
    private final PrintWriter out;
    private final PrintWriter err;
    private final Options options;
    private long saidNanos;

    /** Reads one source into the door. */
    interface Source {
      ImportProgress into(Door door) throws IOException;
    }

    /** What an import goes over. */
    interface Sources {
      void say(String line);

      void read(String name, Source source) throws IOException;
    }

    interface Work {
      void on(Sources sources) throws IOException;
    }

    Run(@Nullable CommandSpec spec, Options options) {
      var line = Objects.requireNonNull(spec, "picocli sets the spec").commandLine();
      out = line.getOut();
      err = line.getErr();
      this.options = options;
    }

    int over(Work work) {
      long startedNanos = System.nanoTime();
      var current = new String[] {""};
      var sum = new long[3];
      try (var door = new Door(options.url, options.tenant, Duration.ofSeconds(options.patience),
          progress -> now(current[0], progress))) {
        work.on(new Sources() {
          @Override
          public void say(String line) {
            out.println(line);
          }

          @Override
          public void read(String name, Source source) throws IOException {
            current[0] = name;
            var last = source.into(door);
            door.nextSource();
            sum[0] += last.samples();
            sum[1] += last.skippedChunks();
            sum[2] += last.deletedSamples();
            out.println(
                name + ": " + last.series() + " series, " + Counted.of(last.samples(), "sample"));
          }
        });
        double seconds = (System.nanoTime() - startedNanos) / 1e9;
        out.println("imported " + Counted.of(sum[0] - door.refused(), "sample") + " in "
            + String.format(Locale.ROOT, "%.1f", seconds) + " s"
            + (sum[2] > 0
                ? "; left out: " + Counted.of(sum[2], "sample") + " that the source has deleted"
                : "")
            + (sum[1] > 0
                ? "; left out: " + Counted.of(sum[1], "chunk") + " of an unknown encoding"
                : ""));
        if (door.refused() > 0) {
          err.println("throughline: " + Counted.of(door.refused(), "sample") + " refused: "
              + String.join("; ", door.reasons()));
          return 1;
        }
        return 0;
      } catch (UncheckedIOException failed) {
        var cause = failed.getCause();
        err.println("throughline: " + (cause == null ? failed : cause).getMessage()
            + "; what was sent is stored, and sending it again changes nothing");
        return 1;
      } catch (IOException failed) {
        err.println(
            "throughline: " + (current[0].isEmpty() ? "" : current[0] + ": ") + Reason.of(failed));
        return 1;
      } catch (Failure failed) {
        err.println("throughline: " + failed.getMessage());
        return 1;
      } finally {
        out.flush();
        err.flush();
      }
    }

    private void now(String name, ImportProgress progress) {
      long now = System.nanoTime();
      if (now - saidNanos > SAY_NANOS && progress.doneBytes() < progress.totalBytes()) {
        saidNanos = now;
        out.println(name + ": " + 100 * progress.doneBytes() / Math.max(1, progress.totalBytes())
            + " %, " + progress.series() + " series, " + Counted.of(progress.samples(), "sample"));
        out.flush();
      }
    }
  }
}
