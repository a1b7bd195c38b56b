package io.throughline.app;

import io.throughline.model.Counted;
import io.throughline.rules.file.RuleFiles;
import io.throughline.rules.slo.SloFiles;
import io.throughline.rules.unit.UnitTests;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code rules}: looks at rule files; {@code backtest} asks a running installation too. */
@Command(name = "rules", mixinStandardHelpOptions = true,
    description = "Check, test and back-test rule files.",
    subcommands = {RulesCommand.Check.class, RulesCommand.Test.class, BacktestCommand.class})
final class RulesCommand implements Runnable {
  @Spec
  private @Nullable CommandSpec spec;

  @Override
  public void run() {
    if (spec != null) {
      throw new ParameterException(spec.commandLine(), "want one of check, test, backtest");
    }
  }

  @Command(name = "check", mixinStandardHelpOptions = true,
      description = {"Check rule files: syntax, expressions, templates.",
          "Ends with 0 if all are good, else with 1 and each mistake's file, line and column."})
  static final class Check implements Callable<Integer> {
    @Spec
    private @Nullable CommandSpec spec;

    @Parameters(arity = "1..*", paramLabel = "FILE", description = "rule files")
    private List<Path> files = List.of();

    @Option(names = "--slo", paramLabel = "FILE",
        description = "also files of objectives in OpenSLO v1")
    private List<Path> slos = List.of();

    @Override
    public Integer call() {
      var line = Objects.requireNonNull(spec, "picocli sets the spec").commandLine();
      var out = line.getOut();
      var err = line.getErr();
      boolean good = true;
      for (var file : slos) {
        var read = SloFiles.read(file);
        if (read.problems().isEmpty()) {
          out.println(file + ": " + Counted.of(read.slos().size(), "objective"));
        } else {
          good = false;
          read.problems().forEach(err::println);
        }
      }
      for (var file : files) {
        var read = RuleFiles.read(file);
        if (read.problems().isEmpty()) {
          out.println(file + ": " + Counted.of(read.ruleCount(), "rule") + " in "
              + Counted.of(read.groups().size(), "group"));
        } else {
          good = false;
          read.problems().forEach(err::println);
        }
      }
      return good ? CommandLine.ExitCode.OK : CommandLine.ExitCode.SOFTWARE;
    }
  }

  @Command(name = "test", mixinStandardHelpOptions = true,
      description = {"Run unit tests of rules, in promtool's format.",
          "Ends with 0 if all hold, else with 1 and what does not."})
  static final class Test implements Callable<Integer> {
    @Spec
    private @Nullable CommandSpec spec;

    @Parameters(arity = "1..*", paramLabel = "FILE", description = "files of unit tests")
    private List<Path> files = List.of();

    @Override
    public Integer call() {
      var line = Objects.requireNonNull(spec, "picocli sets the spec").commandLine();
      boolean good = true;
      for (var file : files) {
        var failures = UnitTests.run(file);
        if (failures.isEmpty()) {
          line.getOut().println(file + ": all hold");
        } else {
          good = false;
          line.getErr().println(file + ":");
          failures.forEach(failure -> line.getErr().println("  " + failure));
        }
      }
      return good ? CommandLine.ExitCode.OK : CommandLine.ExitCode.SOFTWARE;
    }
  }
}
