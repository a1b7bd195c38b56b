package io.throughline.app.attach;

import io.throughline.app.console.Times;
import java.io.IOException;
import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code throughline attach}: shows what an existing Prometheus has, with its history, and follows it. */
@Command(name = "attach", mixinStandardHelpOptions = true,
    description = "Copy an existing Prometheus' samples into a running Throughline and follow it.")
public final class AttachCommand implements Callable<Integer> {
  private static final long EVERY_MS = 15_000;

  @Spec
  private @Nullable CommandSpec spec;

  @Parameters(paramLabel = "URL", description = "The Prometheus, as http://prom:9090.")
  private String from = "";

  @Option(names = "--since", paramLabel = "DURATION",
      description = "How much history, as 7d (default: ${DEFAULT-VALUE}).")
  private String since = "1h";

  @Option(names = "--to", paramLabel = "URL",
      description = "The Throughline (default: ${DEFAULT-VALUE}).")
  private String to = "http://127.0.0.1:7070";

  @Option(names = "--tenant", paramLabel = "NAME",
      description = "Whose the samples become (default: ${DEFAULT-VALUE}).")
  private String tenant = "default";

  @Option(names = "--once", description = "End after the history instead of following.")
  private boolean once;

  @Override
  public Integer call() {
    var known = Objects.requireNonNull(spec, "picocli sets the spec");
    var out = known.commandLine().getOut();
    var err = known.commandLine().getErr();
    long sinceMs;
    try {
      sinceMs = Times.millis(since);
    } catch (IllegalArgumentException e) {
      throw new ParameterException(known.commandLine(), "--since: " + e.getMessage(), e);
    }
    if (!from.startsWith("http://") && !from.startsWith("https://")) {
      throw new ParameterException(known.commandLine(),
          "the Prometheus is '" + from + "', want a URL as http://prom:9090");
    }
    var attachment = new Attachment(from, to, tenant, line -> {
      out.println(line);
      out.flush();
    });
    try {
      long copiedTo = System.currentTimeMillis();
      attachment.copy(copiedTo - sinceMs, copiedTo);
      if (attachment.nativeLeftOut() > 0) {
        out.println("native histograms cannot be read this way (" + attachment.nativeLeftOut()
            + " series left out): point remote_write at " + to + "/api/v1/write");
      }
      out.println("the coverage page says what joined: " + to + "/api/view/v1/coverage");
      out.flush();
      while (!once) {
        LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(EVERY_MS));
        long now = System.currentTimeMillis();
        // Scrapes are stored a little after their own time: what was just missed is read again.
        attachment.copyNewest(now - copiedTo + EVERY_MS, now);
        copiedTo = now;
      }
      return 0;
    } catch (IOException e) {
      err.println("throughline: " + e.getMessage());
      err.flush();
      return 1;
    }
  }
}
