package io.throughline.app;

import io.throughline.app.console.Reason;
import io.throughline.app.demo.DemoKnob;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code demo}: the knobs of the shop that {@code up --demo} started. */
@Command(name = "demo", mixinStandardHelpOptions = true,
    description = "Turn the knobs of the shop that up --demo started.",
    subcommands = {DemoCommand.Knob.class, DemoCommand.Status.class})
final class DemoCommand implements Runnable {
  @Spec
  private @Nullable CommandSpec spec;

  @Override
  public void run() {
    if (spec != null) {
      throw new ParameterException(spec.commandLine(), "want one of knob, status");
    }
  }

  /** What a sub-command asks of the running shop. */
  private interface Question {
    String ask() throws IOException;
  }

  private static Integer answer(@Nullable CommandSpec spec, Question question) throws StartFailure {
    if (spec == null) {
      throw new IllegalStateException("picocli gives a command its spec");
    }
    try {
      PrintWriter out = spec.commandLine().getOut();
      out.println(question.ask());
      out.flush();
      return CommandLine.ExitCode.OK;
    } catch (IllegalArgumentException wrong) {
      throw new ParameterException(spec.commandLine(), String.valueOf(wrong.getMessage()), wrong);
    } catch (IOException failed) {
      throw new StartFailure(Reason.of(failed), failed);
    }
  }

  @Command(name = "knob", mixinStandardHelpOptions = true,
      description = "Turn one knob of one service.",
      footer = {"", "Knobs:", "  cpu SERVICE CORES    CPU limit, as 0.2",
          "  slow SERVICE MS      each request takes so much longer",
          "  errors SERVICE RATIO this share of requests fails, 0 to 1",
          "Each takes `off` as its value.", "", "Services: web, checkout, inventory, payment."})
  static final class Knob implements Callable<Integer> {
    @Spec
    private @Nullable CommandSpec spec;

    @Parameters(index = "0", paramLabel = "KNOB", description = "cpu, slow or errors")
    private String knob = "";

    @Parameters(index = "1", paramLabel = "SERVICE", description = "whose")
    private String service = "";

    @Parameters(index = "2", paramLabel = "VALUE", description = "the new position, or off")
    private String value = "";

    @Option(names = "--data", paramLabel = "DIR",
        description = "the data folder of the running shop (default: ./data)")
    private Path data = Path.of("data");

    @Override
    public Integer call() throws StartFailure {
      return answer(spec, () -> DemoKnob.turn(data, knob, service, value));
    }
  }

  @Command(name = "status", mixinStandardHelpOptions = true,
      description = "What is running and how the knobs stand.")
  static final class Status implements Callable<Integer> {
    @Spec
    private @Nullable CommandSpec spec;

    @Option(names = "--data", paramLabel = "DIR",
        description = "the data folder of the running shop (default: ./data)")
    private Path data = Path.of("data");

    @Override
    public Integer call() throws StartFailure {
      return answer(spec, () -> DemoKnob.status(data));
    }
  }
}
