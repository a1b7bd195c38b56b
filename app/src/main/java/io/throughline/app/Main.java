package io.throughline.app;

import io.throughline.app.attach.AttachCommand;
import io.throughline.app.console.QueryCommand;
import io.throughline.app.transfer.ImportCommand;
import io.throughline.app.transfer.RestoreCommand;
import io.throughline.app.transfer.SnapshotCommand;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.util.logging.Level;
import java.util.logging.Logger;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.IVersionProvider;
import picocli.CommandLine.MissingParameterException;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;
import picocli.CommandLine.UnmatchedArgumentException;

/** The {@code throughline} command. {@code build} and {@code test} are the launcher's own. */
@Command(name = "throughline", mixinStandardHelpOptions = true,
    versionProvider = Main.ManifestVersion.class,
    description = "Ties resource use to user experience: resources and latency on one time axis.",
    subcommands = {UpCommand.class, QueryCommand.class, AttachCommand.class, AgentCommand.class,
        RulesCommand.class, ImportCommand.class, SnapshotCommand.class, RestoreCommand.class,
        DemoCommand.class, RecordStartCommand.class, Main.VersionCommand.class},
    footer = {"", "Of the launcher itself: build (build without starting), test (run all tests)."})
public final class Main implements Runnable {

  @Spec
  private @Nullable CommandSpec spec;

  /** Prints the version. */
  @Command(name = "version", mixinStandardHelpOptions = true, description = "Print the version.")
  static final class VersionCommand implements Runnable {
    @Spec
    private @Nullable CommandSpec spec;

    @Override
    public void run() {
      if (spec != null) {
        spec.commandLine().getOut().println("throughline " + Version.NUMBER);
      }
    }
  }

  static final class ManifestVersion implements IVersionProvider {
    @Override
    public String[] getVersion() {
      return new String[] {"throughline " + Version.NUMBER};
    }
  }

  /** Lucene logs through java.util.logging; a field, because that holds its loggers weakly. */
  private static final Logger JUL = Logger.getLogger("org.apache.lucene");
  /** It warns that there is no SIMD: its index of labels has no vectors to search (decision 0033). */
  private static final Logger SIMD = Logger
      .getLogger("org.apache.lucene.internal.vectorization.VectorizationProvider");

  public static void main(String[] arguments) {
    JUL.setLevel(Level.WARNING);
    SIMD.setLevel(Level.SEVERE);
    System.exit(commandLine().execute(arguments));
  }

  static CommandLine commandLine() {
    var line = new CommandLine(new Main());
    line.setErr(new PrintWriter(System.err, true, StandardCharsets.UTF_8));
    line.setOut(new PrintWriter(System.out, true, StandardCharsets.UTF_8));
    line.setUsageHelpAutoWidth(true);
    line.setParameterExceptionHandler((wrong, given) -> {
      var command = wrong.getCommandLine();
      command.getErr()
          .println("throughline: " + oneLine(said(wrong)) + " (see "
              + command.getCommandSpec().qualifiedName() + " --help)");
      return CommandLine.ExitCode.USAGE;
    });
    line.setExecutionExceptionHandler((failed, command, result) -> {
      if (failed instanceof StartFailure) {
        command.getErr().println("throughline: " + oneLine(failed.getMessage()));
      } else {
        failed.printStackTrace(command.getErr());
      }
      return CommandLine.ExitCode.SOFTWARE;
    });
    for (var sub : line.getSubcommands().values()) {
      if (sub.getCommand() instanceof AgentCommand) {
        sub.getSubcommands()
            .values()
            .forEach(agent -> agent.setUnmatchedOptionsArePositionalParams(true));
      }
    }
    return line;
  }

  /** In the words of every other message; picocli has its own for what it finds. */
  private static String said(ParameterException wrong) {
    return switch (wrong) {
      case UnmatchedArgumentException unknown when unknown.isUnknownOption() ->
        "unknown option '" + unknown.getUnmatched().getFirst() + "'";
      case UnmatchedArgumentException unknown ->
        (unknown.getCommandLine().getParent() == null ? "unknown command '" : "unknown argument '")
            + unknown.getUnmatched().getFirst() + "'";
      case MissingParameterException missing when missing.getMissing().size() == 1 -> {
        var one = missing.getMissing().getFirst();
        yield (one.isOption() ? ((OptionSpec) one).longestName() : one.paramLabel())
            + " is missing";
      }
      default -> String.valueOf(wrong.getMessage());
    };
  }

  private static String oneLine(@Nullable String message) {
    return String.valueOf(message).replaceAll("\\s*\\R\\s*", "; ");
  }

  @Override
  public void run() {
    if (spec != null) {
      throw new ParameterException(spec.commandLine(), "a command is missing");
    }
  }
}
