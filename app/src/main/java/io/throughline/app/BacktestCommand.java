package io.throughline.app;

import io.throughline.model.Counted;
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
import java.io.PrintWriter;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code rules backtest}: the report goes to the output; how far the test is, and what is wrong, to the errors. */
@Command(name = "backtest", mixinStandardHelpOptions = true,
    description = {"Tell when rules would have fired, by what a running installation has stored.",
        "With --slo also how well that fits the burning of the objectives' budgets."})
final class BacktestCommand implements Callable<Integer> {

  private static final long SAY_NANOS = TimeUnit.SECONDS.toNanos(5);

  @Spec
  private @Nullable CommandSpec spec;

  @Parameters(arity = "1..*", paramLabel = "FILE", description = "rule files")
  private List<Path> files = List.of();

  @Option(names = "--since", paramLabel = "DURATION", converter = UpCommand.DurationConverter.class,
      description = "how far back, as 7d (default: 1d)")
  private Duration since = Duration.ofDays(1);

  @Option(names = "--slo", paramLabel = "FILE", description = "objectives in OpenSLO v1")
  private List<Path> slos = List.of();

  @Option(names = "--url", paramLabel = "URL",
      description = "the installation (default: ${DEFAULT-VALUE})")
  private String url = "http://127.0.0.1:7070";

  @Option(names = "--interval", paramLabel = "DURATION",
      converter = UpCommand.DurationConverter.class,
      description = "of groups that name none (default: 1m)")
  private Duration interval = Duration.ofMinutes(1);

  @Option(names = "--tenant", paramLabel = "NAME",
      description = "whose series (default: ${DEFAULT-VALUE})")
  private String tenant = "default";

  private long saidNanos;

  @Override
  public Integer call() {
    var line = Objects.requireNonNull(spec, "picocli sets the spec").commandLine();
    var out = line.getOut();
    var err = line.getErr();
    var groups = new ArrayList<RuleGroup>();
    var objectives = new ArrayList<RuleGroup>();
    var problems = new ArrayList<Problem>();
    // Whole minutes: the report's times are easier to read, and the newest samples have come.
    long toMs = Math.floorDiv(System.currentTimeMillis(), 60_000L) * 60_000;
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
    return run(groups, objectives, toMs, out, err);
  }

  private int run(List<RuleGroup> groups, List<RuleGroup> objectives, long toMs, PrintWriter out,
      PrintWriter err) {
    long begunNanos = System.nanoTime();
    saidNanos = begunNanos;
    var options = new Options(interval.toMillis(), 0, QuerySettings.DEFAULT.lookback().toMillis(),
        QueryLimits.DEFAULT, Map.of(), url, 60_000);
    try {
      var stored = new ApiSource(url, tenant, toMs);
      var report = Backtest.run(groups, objectives, stored, options, toMs - since.toMillis(), toMs,
          atMs -> sayHowFar(atMs, err));
      var away = stored.failure();
      if (away != null) {
        throw away;
      }
      ReportText.print(report, stored.coverage().missing(report), out);
      out.println();
      out.println("read " + Counted.of(stored.samples(), "sample") + " by "
          + Counted.of(stored.requests(), "request") + " to " + url + ", took "
          + String.format(Locale.ROOT, "%.1f", (System.nanoTime() - begunNanos) / 1e9) + " s");
      return CommandLine.ExitCode.OK;
    } catch (Failure failed) {
      err.println("throughline: " + failed.getMessage());
      return CommandLine.ExitCode.SOFTWARE;
    }
  }

  private void sayHowFar(long atMs, PrintWriter err) {
    long nowNanos = System.nanoTime();
    if (nowNanos - saidNanos > SAY_NANOS) {
      saidNanos = nowNanos;
      err.println("evaluated up to " + Instant.ofEpochMilli(atMs));
    }
  }
}
