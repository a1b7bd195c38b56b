package io.throughline.app;

import io.throughline.rules.file.RuleFiles;
import io.throughline.rules.unit.UnitTests;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code rules}: looks at rule files without a running installation. */
@Command(name = "rules", mixinStandardHelpOptions = true, description = "Check and test rule files.", subcommands = {
    RulesCommand.Check.class, RulesCommand.Test.class})
final class RulesCommand implements Runnable {
  @Spec
  private @Nullable CommandSpec spec;

  @Override
  public void run() {
    if (spec != null) {
      throw new ParameterException(spec.commandLine(), "want one of check, test");
    }
  }

  @Command(name = "check", mixinStandardHelpOptions = true, description = {
      "Check rule files: syntax, expressions, templates.",
      "Ends with 0 if all are good, else with 1 and each mistake's file, line and column."})
  static final class Check implements Callable<Integer> {
    @Spec
    private @Nullable CommandSpec spec;

    @Parameters(arity = "1..*", paramLabel = "FILE", description = "rule files")
    private List<Path> files = List.of();

    @Override
    public Integer call() {
      if (spec == null) {
        throw new IllegalStateException("picocli gives a command its spec");
      }
      var out = spec.commandLine().getOut();
      var err = spec.commandLine().getErr();
      boolean good = true;
      for (var file : files) {
        var read = RuleFiles.read(file);
        if (read.problems().isEmpty()) {
          out.println(file + ": " + read.ruleCount() + " rules in " + read.groups().size()
              + " groups");
        } else {
          good = false;
          read.problems().forEach(err::println);
        }
      }
      return good ? CommandLine.ExitCode.OK : CommandLine.ExitCode.SOFTWARE;
    }
  }

  @Command(name = "test", mixinStandardHelpOptions = true, description = {
      "Run unit tests of rules, in promtool's format.",
      "Ends with 0 if all hold, else with 1 and what does not."})
  static final class Test implements Callable<Integer> {
    @Spec
    private @Nullable CommandSpec spec;

    @Parameters(arity = "1..*", paramLabel = "FILE", description = "files of unit tests")
    private List<Path> files = List.of();

    @Override
    public Integer call() {
      if (spec == null) {
        throw new IllegalStateException("picocli gives a command its spec");
      }
      boolean good = true;
      for (var file : files) {
        var failures = UnitTests.run(file);
        if (failures.isEmpty()) {
          spec.commandLine().getOut().println(file + ": all hold");
        } else {
          good = false;
          spec.commandLine().getErr().println(file + ":");
          failures.forEach(failure -> spec.commandLine().getErr().println("  " + failure));
        }
      }
      return good ? CommandLine.ExitCode.OK : CommandLine.ExitCode.SOFTWARE;
    }
  }
}
