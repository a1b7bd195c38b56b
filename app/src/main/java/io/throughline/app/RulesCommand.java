package io.throughline.app;

import io.throughline.model.Failure;
import io.throughline.model.yaml.Problem;
import io.throughline.query.QuerySettings;
import io.throughline.query.engine.QueryLimits;
import io.throughline.rules.backtest.ApiSource;
import io.throughline.rules.backtest.Backtest;
import io.throughline.rules.backtest.ReportText;
import io.throughline.rules.file.RuleFiles;
import io.throughline.rules.file.RuleGroup;
import io.throughline.rules.group.Options;
import io.throughline.rules.slo.SloFiles;
import io.throughline.rules.slo.SloRules;
import io.throughline.rules.unit.UnitTests;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code rules}: looks at rule files without a running installation. */
@Command(name = "rules", mixinStandardHelpOptions = true, description = "Check, test and back-test rule files.", subcommands = {
    RulesCommand.Check.class, RulesCommand.Test.class, RulesCommand.Past.class})
final class RulesCommand implements Runnable {
  @Spec
  private @Nullable CommandSpec spec;

  @Override
  public void run() {
    if (spec != null) {
      throw new ParameterException(spec.commandLine(), "want one of check, test, backtest");
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

    @Option(names = "--slo", paramLabel = "FILE", description = "also files of objectives in OpenSLO v1")
    private List<Path> slos = List.of();

    @Override
    public Integer call() {
      if (spec == null) {
        throw new IllegalStateException("picocli gives a command its spec");
      }
      var out = spec.commandLine().getOut();
      var err = spec.commandLine().getErr();
      boolean good = true;
      for (var file : slos) {
        var read = SloFiles.read(file);
        if (read.problems().isEmpty()) {
          out.println(file + ": " + read.slos().size() + " objectives");
        } else {
          good = false;
          read.problems().forEach(err::println);
        }
      }
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

  @Command(name = "backtest", mixinStandardHelpOptions = true, description = {
      "Tell when rules would have fired, by what a running installation has stored.",
      "With --slo also how well that fits the burning of the objectives' budgets."})
  static final class Past implements Callable<Integer> {
    @Spec
    private @Nullable CommandSpec spec;

    @Parameters(arity = "1..*", paramLabel = "FILE", description = "rule files")
    private List<Path> files = List.of();

    @Option(names = "--since", paramLabel = "DURATION", converter = UpCommand.DurationConverter.class, description = "how far back, as 7d (default: 1d)")
    private Duration since = Duration.ofDays(1);

    @Option(names = "--slo", paramLabel = "FILE", description = "objectives in OpenSLO v1")
    private List<Path> slos = List.of();

    @Option(names = "--url", paramLabel = "URL", description = "the installation (default: http://127.0.0.1:7070)")
    private String url = "http://127.0.0.1:7070";

    @Option(names = "--interval", paramLabel = "DURATION", converter = UpCommand.DurationConverter.class, description = "of groups that name none (default: 1m)")
    private Duration interval = Duration.ofMinutes(1);

    @Option(names = "--tenant", paramLabel = "NAME", description = "whose series (default: default)")
    private String tenant = "default";

    @Override
    public Integer call() {
      if (spec == null) {
        throw new IllegalStateException("picocli gives a command its spec");
      }
      var out = spec.commandLine().getOut();
      var err = spec.commandLine().getErr();
      var groups = new ArrayList<RuleGroup>();
      var objectives = new ArrayList<RuleGroup>();
      var problems = new ArrayList<Problem>();
      long toMs = System.currentTimeMillis();
      for (var file : files) {
        var read = RuleFiles.read(file);
        groups.addAll(read.groups());
        problems.addAll(read.problems());
      }
      for (var file : slos) {
        var read = SloFiles.read(file);
        read.slos().forEach(slo -> objectives.add(SloRules.group(slo, toMs)));
        problems.addAll(read.problems());
      }
      if (!problems.isEmpty()) {
        problems.forEach(err::println);
        return CommandLine.ExitCode.SOFTWARE;
      }
      long fromMs = toMs - since.toMillis();
      var options = new Options(interval.toMillis(), 0, QuerySettings.DEFAULT.lookback()
          .toMillis(), QueryLimits.DEFAULT, Map.of(), url, 60_000);
      try {
        var stored = new ApiSource(url, tenant, toMs);
        var report = Backtest.run(groups, objectives, stored, options, fromMs, toMs);
        var away = stored.failure();
        if (away != null) {
          throw away;
        }
        ReportText.print(report, out);
        return CommandLine.ExitCode.OK;
      } catch (Failure failed) {
        err.println("throughline: " + failed.getMessage());
        return CommandLine.ExitCode.SOFTWARE;
      }
    }
  }
}
