package io.throughline.app;

import io.opentelemetry.api.common.Attributes;
import io.opentelemetry.api.common.AttributesBuilder;
import io.opentelemetry.api.metrics.Meter;
import io.throughline.agent.node.HostIdentity;
import io.throughline.agent.node.NodeAgent;
import io.throughline.agent.node.NodeSettings;
import io.throughline.app.demo.DemoShop;
import io.throughline.app.http.FrontDoor;
import io.throughline.app.rules.RuleResults;
import io.throughline.app.rules.SharedRuleState;
import io.throughline.app.rules.SoleRuleState;
import io.throughline.app.settings.Address;
import io.throughline.app.settings.HttpSettings;
import io.throughline.app.settings.Settings;
import io.throughline.app.telemetry.SelfTelemetry;
import io.throughline.app.transfer.SnapshotFolder;
import io.throughline.broker.EarlierSets;
import io.throughline.broker.EmbeddedBroker;
import io.throughline.broker.Topics;
import io.throughline.broker.WriteProbe;
import io.throughline.collector.CollectorRole;
import io.throughline.collector.discover.Discovery;
import io.throughline.collector.produce.IntakeSettings;
import io.throughline.collector.produce.KafkaIntake;
import io.throughline.ingest.IngestRole;
import io.throughline.model.Counted;
import io.throughline.model.Failure;
import io.throughline.model.Matcher;
import io.throughline.model.Tenant;
import io.throughline.query.Deletion;
import io.throughline.query.QueryRole;
import io.throughline.query.ReadBarrier;
import io.throughline.query.catalogue.Catalogue;
import io.throughline.query.view.ViewApi;
import io.throughline.rules.RulesRole;
import io.throughline.rules.StateLog;
import io.throughline.store.Store;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import io.vertx.core.file.FileSystemOptions;
import io.vertx.ext.web.Router;
import java.io.IOException;
import java.io.Reader;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The running thing: broker, topics, store, ingest, query, collector and HTTP in one process, started in that
 * order and stopped in reverse; only the store is opened while the broker starts. Ports are bound and the data
 * directory is locked before anything else, so a start that fails has changed nothing.
 *
 * <p>Longer than most: it is the one place that knows every role and in which order they need each other.
 */
final class Installation implements AutoCloseable, FrontDoor.House {
  private static final Logger LOG = LoggerFactory.getLogger(Installation.class);
  private static final long BARRIER_NANOS = TimeUnit.MILLISECONDS.toNanos(250);
  private static final Duration LEAST_RETENTION = Duration.ofMinutes(4);
  private static final int RULE_SHARES = 16;
  private static final long FLUSH_BARRIER_NANOS = TimeUnit.SECONDS.toNanos(60);

  private final Settings settings;
  private final BooleanSupplier stopping;
  private final Runnable whenGone;
  private final Deque<AutoCloseable> opened = new ArrayDeque<>();
  private final List<Consumer<Router>> mounts = new ArrayList<>();

  private @Nullable EmbeddedBroker broker;
  private @Nullable FreeSpace space;
  private @Nullable DataDirectory directory;
  private @Nullable Store store;
  private @Nullable IngestRole ingest;
  private @Nullable KafkaIntake intake;
  private @Nullable AgentChild agent;
  private @Nullable LogWatch logWatch;
  private @Nullable Readiness readiness;
  private List<String> served = List.of();
  private int partitions;
  private String url = "";

  private Installation(Settings settings, BooleanSupplier stopping, Runnable whenGone) {
    this.settings = settings;
    this.stopping = stopping;
    this.whenGone = whenGone;
  }

  /** Starts all roles; returns once writes are taken and queries answered. */
  static Installation start(Settings settings) throws StartFailure {
    return start(settings, () -> false, () -> {}, folder -> {});
  }

  /** Puts files into the data folder, before anything reads them. */
  interface Preparation {
    void prepare(Path folder) throws IOException;
  }

  /**
   * As {@link #start(Settings)}.
   *
   * @param stopping asked between the steps of the start, which ends early once it is so
   * @param whenGone called once when the data directory is deleted or unmounted: nothing can be kept any more
   * @param preparation done once the data folder is this process' own
   */
  static Installation start(Settings settings, BooleanSupplier stopping, Runnable whenGone,
      Preparation preparation) throws StartFailure {
    var installation = new Installation(settings, stopping, whenGone);
    try {
      installation.startAll(preparation);
    } catch (StartFailure | RuntimeException | Error failed) {
      installation.close();
      throw failed;
    } catch (IOException failed) {
      installation.close();
      throw new StartFailure(String.valueOf(failed.getMessage()), failed);
    }
    return installation;
  }

  /** What is served over HTTP, as {@code METHOD /path}, and over gRPC, as {@code service/Method}. */
  List<String> served() {
    return served;
  }

  /** The dashboard's address. */
  String url() {
    return url;
  }

  private <T extends AutoCloseable> T opened(T resource) throws StartFailure {
    opened.push(resource);
    if (stopping.getAsBoolean()) {
      throw new StartFailure("stopped while it was starting");
    }
    return resource;
  }

  private void startAll(Preparation preparation) throws StartFailure, IOException {
    var data = opened(DataDirectory.open(settings.data().toAbsolutePath().normalize()));
    directory = data;
    int loops = Math.clamp(Runtime.getRuntime().availableProcessors(), 2, 8);
    var vertx = Vertx.vertx(new VertxOptions().setEventLoopPoolSize(loops)
        .setMaxEventLoopExecuteTime(5)
        .setMaxEventLoopExecuteTimeUnit(TimeUnit.SECONDS)
        .setFileSystemOptions(new FileSystemOptions().setClassPathResolvingEnabled(false)
            .setFileCachingEnabled(false)));
    opened(() -> vertx.close().toCompletionStage().toCompletableFuture().get(2, TimeUnit.SECONDS));
    var http = settings.http();
    var door = opened(new FrontDoor(vertx, http, loops, settings.query().promql().corsOrigin()));
    int port = bind(door, http);
    preparation.prepare(data.folder());

    var watch = opened(new FreeSpace(data, settings.disk(), whenGone));
    space = watch;
    var opening = opened(new OpeningStore(data.store(), settings.store()));
    var client = connect(data);
    var before = data.identity();
    partitions = before != null && settings.kafka().partitions() == 0
        ? before.partitions()
        : settings.kafka().partitionCount();
    var topics = opened(new Topics(client, settings.kafka().topicPrefix()));
    var kafka = settings.kafka();
    boolean embedded = kafka.embedded();
    var log = topics.ensure(partitions, replication(),
        embedded ? Duration.ofSeconds(-1) : kafka.retention(),
        embedded ? 0 : kafka.retentionBytes());
    if (log.partitionCount() != partitions) {
      throw new StartFailure(
          "the topic of samples has " + Counted.of(log.partitionCount(), "partition") + ", got "
              + partitions + ": start with --partitions " + log.partitionCount());
    }
    if (!embedded) {
      ClusterLog.say(log, kafka.topicPrefix(), settings.ingest().flushAge());
    }
    var identity = data.claim(log.clusterId(), partitions);

    // The door for our own telemetry opens after the meters that feed it are made.
    var ownDoor = new LaterDoor();
    var telemetry = opened(new SelfTelemetry(resource(identity),
        settings.self().agent() ? ownDoor : null, settings.self().interval()));
    var meter = telemetry.meter();
    var clock = InstantSource.system();

    var shards = opening.store();
    store = shards;
    StoreMetrics.register(meter, shards::statistics);
    var wire = new io.throughline.model.wire.Topics(settings.kafka().topicPrefix());
    var owned = IntStream.range(0, partitions).boxed().toList();
    var earlierSets = embedded ? new EarlierSets(topics, partitions) : null;
    var workers = opened(new IngestRole(settings.ingest(), client, wire, owned, shards::shard,
        log.clusterId(), log.samplesTopicId(), meter, (partition, offset) -> {
          if (earlierSets != null) {
            topics.deleteSamplesBelow(partition, offset);
            earlierSets.flushed(partition, offset);
          }
        }));
    ingest = workers;
    var taken = opened(new KafkaIntake(intakeSettings(log.samplesRetention()), client, wire,
        partitions, clock, this::writeRefusal, this::reservedWriteRefusal, meter));
    intake = taken;
    logWatch = opened(new LogWatch(kafka, partitions, readers(workers, taken),
        embedded ? data.kafka() : null, System::nanoTime, meter).start());

    ReadBarrier barrier = () -> awaitApplied(BARRIER_NANOS);
    var view = opened(new ViewApi(shards::snapshot, barrier, clock, Catalogue.builtIn(),
        settings.query().view(), meter, data.joins(), data.board()));
    mounts.add(view::mount);
    var promql = opened(new QueryRole(settings.query().promql(), shards::snapshot, barrier, clock,
        meter, deletionFrom(shards)));
    mounts.add(promql::mount);

    var alertLog = opened(alertLog(client, topics));
    var rules = rules(alertLog, shards, barrier, taken, clock, meter, port, data);
    mounts.add(rules::mount);

    var doors = doors(taken, clock, meter, promql);
    mounts.add(doors::mount);
    rules.alsoReload(doors::reload);
    var rulesOf = new Tenant(settings.rules().tenant());
    rules.suspects(service -> view.suspectOf(rulesOf, service));
    ownDoor.open(request -> doors.export(Tenant.DEFAULT, request));
    mounts.add(new DiscoveryApi(
        opened(Discovery.of(settings.collector().discover(), taken, clock)))::mount);

    url = "http://" + shown(Address.parse(http.listen()), port);
    var query = opened(new Readiness.OwnQuery(url));
    var write = opened(new WriteProbe(client, kafka.topicPrefix()));
    readiness = opened(new Readiness(this::knownTrouble, write::reason, query));
    door.open(mounts, doors.grpc(vertx), this, telemetry::prometheusText, meter);
    served = Stream.concat(door.routes().stream(), doors.grpcMethods().stream()).toList();
    rules.start();
    if (settings.self().agent()) {
      startAgent(data, port, meter);
    }
  }

  /** Series sets are announced again by what the topic of samples really keeps. */
  private IntakeSettings intakeSettings(Duration samplesRetention) {
    var given = settings.collector().intake();
    return samplesRetention.isNegative()
        ? given
        : given.withSamplesRetention(
            samplesRetention.compareTo(LEAST_RETENTION) < 0 ? LEAST_RETENTION : samplesRetention);
  }

  private static LogWatch.Readers readers(IngestRole ingest, KafkaIntake intake) {
    return new LogWatch.Readers() {
      @Override
      public long acknowledged(int partition) {
        return intake.acknowledgedOffset(partition);
      }

      @Override
      public long applied(int partition) {
        return ingest.appliedOffset(partition);
      }

      @Override
      public long atEndNanos(int partition) {
        return ingest.atEndNanos(partition);
      }

      @Override
      public void flush() {
        ingest.flush().whenComplete((done, failed) -> {
          if (failed != null) {
            LOG.warn("a flush for the log's size failed reason={}", failed.getMessage());
          }
        });
      }
    };
  }

  /** Embedded, nobody else reaches the log, and one process owns all groups; on a cluster processes share them. */
  private StateLog alertLog(Map<String, Object> client, Topics topics) throws IOException {
    var tenant = settings.rules().tenant();
    var prefix = settings.kafka().topicPrefix();
    boolean embedded = settings.kafka().embedded();
    int shares = topics.ensureAlerts(embedded ? 1 : RULE_SHARES, replication(),
        settings.rules().historyRetention());
    return embedded
        ? new SoleRuleState(client, prefix, tenant)
        : new SharedRuleState(client, prefix, tenant, shares);
  }

  private RulesRole rules(StateLog log, Store shards, ReadBarrier barrier, KafkaIntake taken,
      InstantSource clock, Meter meter, int port, DataDirectory data) throws StartFailure {
    var wanted = settings.rules()
        .orExternalUrl("http://" + shown(Address.parse(settings.http().listen()), port));
    var tenant = new Tenant(wanted.tenant());
    try {
      var rules = opened(new RulesRole(wanted,
          new RulesRole.Surroundings(settings.query().promql(), shards::snapshot, barrier,
              new RuleResults(taken, tenant), log, clock, meter, data.alertHistory())));
      opened(HangUp.calls("rules", rules::reloadAll));
      return rules;
    } catch (Failure wrong) {
      throw new StartFailure(wrong.getMessage(), wrong);
    }
  }

  private CollectorRole doors(KafkaIntake taken, InstantSource clock, Meter meter, QueryRole promql)
      throws StartFailure {
    try {
      var doors = opened(new CollectorRole(
          settings.collector().doors().withRetention(settings.store().retention()), taken, clock,
          meter, promql::addExemplar));
      return doors;
    } catch (Failure wrong) {
      throw new StartFailure(wrong.getMessage(), wrong);
    }
  }

  private static int bind(FrontDoor door, HttpSettings http) throws IOException {
    var listen = Address.parse(http.listen());
    int port = door.listen("--listen", listen);
    if (!http.otlpHttp().equals(HttpSettings.OFF) && !http.otlpHttp().equals(http.listen())) {
      door.listen("--otlp-http", Address.parse(http.otlpHttp()));
    }
    if (!http.otlpGrpc().equals(HttpSettings.OFF)) {
      if (http.otlpGrpc().equals(http.listen()) || http.otlpGrpc().equals(http.otlpHttp())) {
        throw new IOException(
            "--otlp-grpc wants a port of its own, got " + http.otlpGrpc() + " for two");
      }
      door.listenGrpc("--otlp-grpc", Address.parse(http.otlpGrpc()));
    }
    return port;
  }

  private static Deletion deletionFrom(Store shards) {
    return new Deletion() {
      @Override
      public void delete(Tenant tenant, List<List<Matcher>> selectors, long minTimeMs,
          long maxTimeMs) {
        shards.delete(tenant, selectors, minTimeMs, maxTimeMs);
      }

      @Override
      public void clean() {
        shards.cleanDeleted();
      }
    };
  }

  private static String shown(Address address, int port) {
    boolean any = address.host().equals("0.0.0.0") || address.host().equals("::");
    return new Address(any ? "127.0.0.1" : address.host(), port).toString();
  }

  private short replication() {
    return settings.kafka().embedded() ? 1 : (short) settings.kafka().replication();
  }

  /** How clients reach Kafka, after the embedded broker is up. */
  private Map<String, Object> connect(DataDirectory data) throws IOException, StartFailure {
    var kafka = settings.kafka();
    if (kafka.embedded()) {
      var started = opened(EmbeddedBroker.start(data.kafka(), kafka.fsync()));
      broker = started;
      return started.clientProperties();
    }
    var client = new HashMap<String, Object>();
    if (!kafka.propertiesFile().isEmpty()) {
      var properties = new Properties();
      try (Reader reader = Files.newBufferedReader(Path.of(kafka.propertiesFile()))) {
        properties.load(reader);
      } catch (IOException | IllegalArgumentException failed) {
        throw new StartFailure(
            "cannot read " + kafka.propertiesFile() + " (--kafka-properties): " + failed, failed);
      }
      properties.stringPropertyNames()
          .forEach(name -> client.put(name, properties.getProperty(name)));
    }
    client.put("bootstrap.servers", kafka.servers());
    return client;
  }

  private Attributes resource(DataDirectory.Identity identity) {
    AttributesBuilder resource = Attributes.builder()
        .put("service.name", settings.self().serviceName())
        .put("service.instance.id", identity.instanceId())
        .put("service.version", Version.NUMBER)
        .put("process.pid", ProcessHandle.current().pid());
    var host = HostIdentity.local();
    return resource.put("host.id", host.id()).put("host.name", host.name()).build();
  }

  private void startAgent(DataDirectory data, int port, Meter meter) throws StartFailure {
    if (!Files.isReadable(Path.of("/proc/stat"))) {
      LOG.warn("this machine's resources are not measured: there is no /proc here");
      return;
    }
    var own = ProcessHandle.current().pid();
    var host = Address.parse(settings.http().listen());
    var node = NodeSettings.parse(List.of("--endpoint", "http://" + shown(host, port), "--parent",
        "" + own, "--pid", "" + own, "--spool", data.agentSpool().toString()));
    try {
      var classPath = Path
          .of(NodeAgent.class.getProtectionDomain().getCodeSource().getLocation().toURI())
          .toString();
      agent = opened(
          new AgentChild(NodeAgent.command(java(), classPath, node), Duration.ofSeconds(1), meter));
    } catch (IOException | URISyntaxException failed) {
      throw new StartFailure("cannot start the node agent: " + failed, failed);
    }
  }

  /** Starts the shop beside the installation; its processes end with this one. */
  void startDemo(Consumer<String> say) throws StartFailure {
    try {
      var shop = opened(DemoShop.start(settings.data().toAbsolutePath(), url, java(),
          System.getProperty("java.class.path"), say));
      say.accept("the demo shop is open: " + shop.address()
          + "; turn a knob with: throughline demo knob cpu checkout 0.1");
    } catch (IOException failed) {
      throw new StartFailure("cannot open the demo shop: " + failed.getMessage(), failed);
    }
  }

  private static Path java() {
    return Path.of(System.getProperty("java.home"), "bin", "java");
  }

  // ---- what roles ask of each other -------------------------------------------------------------

  /** Why nothing may be written now, or "". */
  private String writeRefusal() {
    var reason = outage();
    var log = logWatch;
    return reason.isEmpty() && log != null ? log.refusal() : reason;
  }

  /** As {@link #writeRefusal}, for our own telemetry: it goes on while others wait for the shards. */
  private String reservedWriteRefusal() {
    var reason = outage();
    var log = logWatch;
    return reason.isEmpty() && log != null ? log.reservedRefusal() : reason;
  }

  private String outage() {
    var watch = space;
    if (watch != null && !watch.shortage().isEmpty()) {
      return watch.shortage();
    }
    var running = broker;
    if (running != null && !running.downReason().isEmpty()) {
      return "the embedded Kafka broker is down: " + running.downReason();
    }
    return "";
  }

  /** Waits until what was acknowledged is applied; answers how many records are not. */
  private long awaitApplied(long patienceNanos) {
    var written = intake;
    var applied = ingest;
    if (written == null || applied == null) {
      return 0;
    }
    long deadlineNanos = System.nanoTime() + patienceNanos;
    long behind = 0;
    try {
      for (int partition = 0; partition < partitions; partition++) {
        long wanted = written.acknowledgedOffset(partition);
        behind += applied.awaitApplied(partition, wanted, deadlineNanos);
      }
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
    }
    return behind;
  }

  @Override
  public CompletionStage<String> notReadyReason() {
    var asked = readiness;
    return asked == null
        ? CompletableFuture.completedFuture("throughline is starting")
        : asked.reason();
  }

  @Override
  public String note() {
    var child = agent;
    return child == null ? "" : child.trouble();
  }

  private String knownTrouble() {
    var written = intake;
    var applied = ingest;
    if (written == null || applied == null) {
      return "throughline is starting";
    }
    var reason = written.unavailableReason();
    return reason.isEmpty() ? applied.trouble() : reason;
  }

  @Override
  public CompletionStage<Void> flush(boolean merge) {
    var applied = ingest;
    var shards = store;
    if (applied == null || shards == null) {
      return CompletableFuture.failedFuture(Failure.unavailable("throughline is starting"));
    }
    var done = new CompletableFuture<Void>();
    Thread.ofPlatform().name("flush").daemon().start(() -> {
      try {
        long behind = awaitApplied(FLUSH_BARRIER_NANOS);
        if (behind > 0) {
          throw Failure.unavailable(
              "not flushed: shards are " + Counted.of(behind, "record") + " behind their log");
        }
        applied.flush().join();
        if (merge) {
          shards.merge();
        }
        done.complete(null);
      } catch (RuntimeException | Error failed) {
        done.completeExceptionally(failed);
      }
    });
    return done;
  }

  @Override
  public CompletionStage<String> snapshot() {
    var shards = store;
    var data = directory;
    if (shards == null || data == null) {
      return CompletableFuture.failedFuture(Failure.unavailable("throughline is starting"));
    }
    return flush(false).thenApply(flushed -> {
      try {
        SnapshotFolder.checkRoom(data.snapshots());
        var identity = data.identity();
        var now = Instant.now();
        var folder = data.snapshots()
            .resolve(now.toString().replace(":", "") + "-"
                + UUID.randomUUID().toString().substring(0, 8));
        SnapshotFolder.write(folder, shards, data.folder(), new SnapshotFolder.About(partitions,
            identity == null ? "" : identity.clusterId(), now.toString(), Version.NUMBER));
        return folder.toString();
      } catch (IOException | StartFailure failed) {
        throw new Failure(Failure.Category.UNAVAILABLE,
            "no snapshot was written: " + failed.getMessage(), failed);
      }
    });
  }

  /** Stops in reverse order; what fails to stop is logged and left behind. */
  @Override
  public void close() {
    while (!opened.isEmpty()) {
      try {
        opened.pop().close();
      } catch (Exception failed) {
        LOG.warn("something did not stop cleanly: {}", failed.toString());
      }
    }
  }
}
