package io.throughline.agent.node;

import io.throughline.agent.otlp.Destination;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;
import org.jspecify.annotations.Nullable;

/**
 * What the node agent is told at start.
 *
 * @param destination where telemetry goes
 * @param interval between two readings, 100 ms or more
 * @param roots where /proc, the cgroup trees and the root file system are
 * @param parentPid the agent ends when this process does; 0 = it has none
 * @param processes regular expressions over whole command lines: processes to report
 * @param pids processes to report besides
 * @param cgroups globs over cgroup paths to report as containers besides those of container runtimes, as
 *     {@code /system.slice/*.service}
 * @param maxContainers the most containers reported; more are counted and named as not measured
 * @param spool folder for what the collector could not take; null = memory only
 * @param spoolBytes the most the spool may hold
 */
public record NodeSettings(Destination destination, Duration interval, Roots roots, long parentPid,
    List<Pattern> processes, List<Long> pids, List<String> cgroups, int maxContainers,
    @Nullable Path spool, long spoolBytes) {

  /**
   * Where the kernel's files are found; other than the defaults in tests and in a pod.
   *
   * @param proc as {@code /proc}
   * @param cgroup as {@code /sys/fs/cgroup}
   * @param rootFs what mount points are relative to, as {@code /}
   */
  public record Roots(Path proc, Path cgroup, Path rootFs) {

    /** Those of a process outside of containers. */
    public static Roots local() {
      return new Roots(Path.of("/proc"), Path.of("/sys/fs/cgroup"), Path.of("/"));
    }
  }

  /** The options of {@code agent node} in words. */
  public static final String USAGE = """
      --endpoint URL         OTLP/HTTP collector (http://127.0.0.1:4318)
      --interval DURATION    between readings, as 1s or 500ms (1s)
      --tenant NAME          sent as X-Scope-OrgID (the collector's default tenant)
      --header NAME=VALUE    a header for the collector, as Authorization=Bearer …; repeatable
      --proc DIR             where /proc is (/proc)
      --cgroup DIR           where the cgroup trees are (/sys/fs/cgroup)
      --root-fs DIR          what mount points are relative to (/)
      --parent PID           end when this process ends
      --process REGEX        report processes whose command line matches; repeatable
      --pid PID              report this process; repeatable
      --cgroup-glob GLOB     report these cgroups as containers too; repeatable
      --max-containers N     report at most so many containers (128)
      --spool DIR            keep on disk what the collector cannot take
      --spool-bytes N        at most so many bytes there (67108864)
      """;

  public NodeSettings {
    if (interval.toMillis() < 100 || interval.toMinutes() >= 60) {
      throw new IllegalArgumentException("--interval " + interval + ": want 100ms to 60m");
    }
    if (maxContainers < 0 || maxContainers > 4_096) {
      throw new IllegalArgumentException("--max-containers " + maxContainers + ": want 0 to 4096");
    }
    if (spoolBytes < 1 << 20) {
      throw new IllegalArgumentException("--spool-bytes " + spoolBytes + ": want 1048576 or more");
    }
    processes = List.copyOf(processes);
    pids = List.copyOf(pids);
    cgroups = List.copyOf(cgroups);
  }

  /** Defaults, sent to {@code endpoint}. */
  public static NodeSettings to(String endpoint) {
    return parse(List.of("--endpoint", endpoint));
  }

  /**
   * Reads {@link #USAGE}'s options.
   *
   * @throws IllegalArgumentException naming the option, what it got and what it wants
   */
  public static NodeSettings parse(List<String> arguments) {
    String endpoint = "http://127.0.0.1:4318";
    String tenant = "";
    var interval = Duration.ofSeconds(1);
    var roots = Roots.local();
    long parent = 0;
    int maxContainers = 128;
    long spoolBytes = 64L << 20;
    Path spool = null;
    var headers = new LinkedHashMap<String, String>();
    var processes = new ArrayList<Pattern>();
    var pids = new ArrayList<Long>();
    var cgroups = new ArrayList<String>();
    for (int i = 0; i < arguments.size(); i += 2) {
      String option = arguments.get(i);
      if (i + 1 == arguments.size()) {
        throw new IllegalArgumentException(option + ": its value is missing");
      }
      String value = arguments.get(i + 1);
      switch (option) {
        case "--endpoint" -> endpoint = value;
        case "--tenant" -> tenant = value;
        case "--interval" -> interval = duration(option, value);
        case "--header" -> header(headers, value);
        case "--proc" -> roots = new Roots(Path.of(value), roots.cgroup(), roots.rootFs());
        case "--cgroup" -> roots = new Roots(roots.proc(), Path.of(value), roots.rootFs());
        case "--root-fs" -> roots = new Roots(roots.proc(), roots.cgroup(), Path.of(value));
        case "--parent" -> parent = number(option, value);
        case "--process" -> processes.add(pattern(option, value));
        case "--pid" -> pids.add(number(option, value));
        case "--cgroup-glob" -> cgroups.add(value);
        case "--max-containers" -> maxContainers = Math.toIntExact(number(option, value));
        case "--spool" -> spool = Path.of(value);
        case "--spool-bytes" -> spoolBytes = number(option, value);
        default -> throw new IllegalArgumentException("unknown option " + option);
      }
    }
    return new NodeSettings(new Destination(URI.create(endpoint), tenant, headers), interval, roots,
        parent, processes, pids, cgroups, maxContainers, spool, spoolBytes);
  }

  /** These settings as options that {@link #parse} reads back. */
  public List<String> toArguments() {
    var options = new ArrayList<String>();
    option(options, "--endpoint", destination.endpoint());
    option(options, "--interval", interval.toMillis() + "ms");
    if (!destination.tenant().isEmpty()) {
      option(options, "--tenant", destination.tenant());
    }
    destination.headers().forEach((name, value) -> option(options, "--header", name + "=" + value));
    option(options, "--proc", roots.proc());
    option(options, "--cgroup", roots.cgroup());
    option(options, "--root-fs", roots.rootFs());
    if (parentPid != 0) {
      option(options, "--parent", parentPid);
    }
    processes.forEach(pattern -> option(options, "--process", pattern));
    pids.forEach(pid -> option(options, "--pid", pid));
    cgroups.forEach(glob -> option(options, "--cgroup-glob", glob));
    option(options, "--max-containers", maxContainers);
    if (spool != null) {
      option(options, "--spool", spool);
    }
    option(options, "--spool-bytes", spoolBytes);
    return options;
  }

  private static void option(List<String> options, String name, Object value) {
    options.add(name);
    options.add(value.toString());
  }

  private static void header(Map<String, String> headers, String value) {
    int equals = value.indexOf('=');
    if (equals <= 0) {
      throw new IllegalArgumentException("--header " + value + ": want NAME=VALUE");
    }
    headers.put(value.substring(0, equals), value.substring(equals + 1));
  }

  private static Duration duration(String option, String value) {
    try {
      if (value.endsWith("ms")) {
        return Duration.ofMillis(Long.parseLong(value.substring(0, value.length() - 2)));
      }
      if (value.endsWith("s")) {
        return Duration.ofSeconds(Long.parseLong(value.substring(0, value.length() - 1)));
      }
    } catch (NumberFormatException e) {
      throw new IllegalArgumentException(option + " " + value + ": want a duration as 1s or 500ms",
          e);
    }
    throw new IllegalArgumentException(option + " " + value + ": want a duration as 1s or 500ms");
  }

  private static long number(String option, String value) {
    try {
      return Long.parseLong(value);
    } catch (NumberFormatException e) {
      throw new IllegalArgumentException(option + " " + value + ": want a whole number", e);
    }
  }

  private static Pattern pattern(String option, String value) {
    try {
      return Pattern.compile(value);
    } catch (PatternSyntaxException e) {
      throw new IllegalArgumentException(option + " " + value + ": " + e.getDescription(), e);
    }
  }
}
