package io.throughline.app.transfer;

import io.throughline.model.Counted;
import io.throughline.model.Failure;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Objects;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code restore}: makes a data directory of a snapshot, for a Throughline that is started afterwards. */
@Command(name = "restore", mixinStandardHelpOptions = true,
    description = "Make a data directory of a snapshot; start Throughline on it afterwards.")
public final class RestoreCommand implements Callable<Integer> {
  @Spec
  private @Nullable CommandSpec spec;

  @Parameters(paramLabel = "DIR", description = "The snapshot.")
  private Path from = Path.of(".");

  @Option(names = "--data", paramLabel = "DIR",
      description = "The data directory to make; it is empty or absent (default: ${DEFAULT-VALUE}).")
  private Path data = Path.of("data");

  @Override
  public Integer call() {
    var line = Objects.requireNonNull(spec, "picocli sets the spec").commandLine();
    try {
      var restored = SnapshotFolder.restore(from, data);
      line.getOut()
          .println(
              "restored " + Counted.of(restored.partitions(), "shard") + " of " + restored.madeAt()
                  + " to " + data + "; start it with: throughline up --data " + data);
      line.getOut().flush();
      return 0;
    } catch (IOException | Failure failed) {
      line.getErr().println("throughline: " + failed.getMessage());
      line.getErr().flush();
      return 1;
    }
  }
}
