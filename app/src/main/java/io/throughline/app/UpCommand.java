package io.throughline.app;

import io.throughline.app.console.Reason;
import io.throughline.app.demo.DemoRules;
import io.throughline.app.settings.Durations;
import io.throughline.app.settings.Settings;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;
import picocli.CommandLine.TypeConversionException;

/** {@code up}: every role in one process. Ends with SIGTERM or Ctrl-C, within five seconds. */
@Command(name = "up", mixinStandardHelpOptions = true, sortOptions = false, description = {
    "Start everything in one process: broker, collector, ingest, query, dashboard, node agent.",
    "Options win over the file given with --config; docs/reference/settings.md has all settings."})
final class UpCommand implements Callable<Integer> {
  private static final long STOP_MS = 4_000;

  @Spec
  private @Nullable CommandSpec spec;

  @Option(names = "--listen", paramLabel = "HOST:PORT",
      description = "Dashboard, query API, remote write and OTLP/HTTP (default: 127.0.0.1:7070).")
  private @Nullable String listen;

  @Option(names = "--otlp-grpc", paramLabel = "HOST:PORT|off",
      description = "OTLP over gRPC (default: 127.0.0.1:4317).")
  private @Nullable String otlpGrpc;

  @Option(names = "--otlp-http", paramLabel = "HOST:PORT|off",
      description = "OTLP over HTTP where SDKs look for it (default: 127.0.0.1:4318).")
  private @Nullable String otlpHttp;

  @Option(names = "--data", paramLabel = "DIR",
      description = "Where the log and the store lie (default: ./data).")
  private @Nullable Path data;

  @Option(names = "--kafka", paramLabel = "embedded|HOST:PORT,…",
      description = "The log: a broker in this process, or a cluster (default: embedded).")
  private @Nullable String kafka;

  @Option(names = "--kafka-properties", paramLabel = "FILE",
      description = "Kafka client properties for the cluster, such as how to sign in.")
  private @Nullable Path kafkaProperties;

  @Option(names = "--kafka-fsync",
      description = "Have each write on the disk before it is acknowledged; then a power cut loses nothing either.")
  private boolean kafkaFsync;

  @Option(names = "--partitions", paramLabel = "N",
      description = "Shards; fixed once the log exists (default: one a core, 2 to 8, embedded; 64 on a cluster).")
  private @Nullable Integer partitions;

  @Option(names = "--retention", paramLabel = "DURATION", converter = DurationConverter.class,
      description = "How long samples are kept, as 15d or 12h; 0 keeps them for ever (default: 15d).")
  private @Nullable Duration retention;

  @Option(names = "--rules", paramLabel = "FILE",
      description = "A file of recording and alerting rules, or a glob in quotes; may be given several times.")
  private List<String> rules = List.of();

  @Option(names = "--relabel", paramLabel = "FILE",
      description = "Rules that rewrite or drop series as they come in, in Prometheus' form; of all tenants and of each.")
  private @Nullable Path relabel;

  @Option(names = "--promql-features", paramLabel = "NAME,…|all", split = ",",
      description = "PromQL's experiments that change results: promql-delayed-name-removal, use-start-timestamps, type-and-unit-labels.")
  private List<String> promqlFeatures = List.of();

  @Option(names = "--config", paramLabel = "FILE", description = "Settings in YAML.")
  private @Nullable Path config;

  @Option(names = "--demo",
      description = "Also start a small shop to look at, with alert rules and objectives.")
  private boolean demo;

  @Option(names = "--no-agent",
      description = "Do not measure this machine, nor throughline itself.")
  private boolean noAgent;

  /** 15d, 1h30m. */
  static final class DurationConverter implements ITypeConverter<Duration> {
    @Override
    public Duration convert(String text) {
      try {
        return Durations.parse(text);
      } catch (IllegalArgumentException wrong) {
        throw new TypeConversionException(String.valueOf(wrong.getMessage()));
      }
    }
  }

  @Override
  public Integer call() throws Exception {
    var settings = settings();
    if (spec == null) {
      throw new IllegalStateException("picocli gives a command its spec");
    }
    long startedNanos = System.nanoTime();
    CompilerDirectives.apply();
    var stop = new CountDownLatch(1);
    var stopped = new CountDownLatch(1);
    HeapKeeper.start(stop);
    // Registered before the start: a signal during a long recovery ends it too.
    Runtime.getRuntime().addShutdownHook(Thread.ofPlatform().name("stop").unstarted(() -> {
      stop.countDown();
      try {
        if (!stopped.await(STOP_MS, TimeUnit.MILLISECONDS)) {
          // What was acknowledged is in the log: the next start reads on from there.
          Runtime.getRuntime().halt(1);
        }
      } catch (InterruptedException interrupted) {
        Thread.currentThread().interrupt();
      }
    }));
    try (var installation = Installation.start(settings, () -> stop.getCount() == 0,
        UpCommand::endAsFailed, demo ? DemoRules::write : folder -> {})) {
      var out = spec.commandLine().getOut();
      out.println("throughline is ready: " + installation.url() + " (after "
          + String.format(Locale.ROOT, "%.1f", (System.nanoTime() - startedNanos) / 1e9) + " s)");
      if (demo) {
        installation.startDemo(out::println);
      }
      WarmUp.start(stop);
      stop.await();
    } catch (StartFailure failed) {
      if (stop.getCount() > 0) {
        throw failed;
      }
      // Told to end while it started: it did.
    } finally {
      stopped.countDown();
    }
    return CommandLine.ExitCode.OK;
  }

  /** On a thread of its own: whoever calls is waited for by the end. */
  private static void endAsFailed() {
    Thread.ofPlatform().name("end").start(() -> System.exit(CommandLine.ExitCode.SOFTWARE));
  }

  /** The file's settings with the options over them. */
  Settings settings() throws StartFailure {
    try {
      var settings = config == null ? Settings.DEFAULTS : Settings.read(config);
      var http = settings.http();
      http = listen == null ? http : http.withListen(listen);
      http = otlpGrpc == null ? http : http.withOtlpGrpc(otlpGrpc);
      http = otlpHttp == null ? http : http.withOtlpHttp(otlpHttp);
      var log = settings.kafka();
      log = kafka == null ? log : log.withServers(kafka);
      log = kafkaProperties == null ? log : log.withPropertiesFile(kafkaProperties.toString());
      log = kafkaFsync ? log.withFsync(true) : log;
      log = partitions == null ? log : log.withPartitions(partitions);
      settings = settings.withHttp(http).withKafka(log);
      if (!rules.isEmpty()) {
        var files = new ArrayList<>(settings.rules().files());
        files.addAll(rules);
        settings = settings.withRules(settings.rules().withFiles(files));
      }
      settings = relabel == null ? settings : settings.withRelabelFile(relabel.toString());
      if (!promqlFeatures.isEmpty()) {
        settings = settings.withPromqlFeatures(promqlFeatures);
      }
      settings = data == null ? settings : settings.withData(data);
      if (demo) {
        settings = settings.withRules(
            DemoRules.among(settings.rules(), settings.data().toAbsolutePath().normalize()));
      }
      settings = retention == null
          ? settings
          : settings.withStore(settings.store().withRetention(retention));
      return noAgent ? settings.withSelf(settings.self().withAgent(false)) : settings;
    } catch (IllegalArgumentException wrong) {
      throw spec == null
          ? wrong
          : new ParameterException(spec.commandLine(), String.valueOf(wrong.getMessage()), wrong);
    } catch (IOException unreadable) {
      throw new StartFailure("cannot read " + config + " (--config): " + Reason.of(unreadable),
          unreadable);
    }
  }
}
