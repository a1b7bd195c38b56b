package io.throughline.collector.produce;

import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.common.Attributes;
import io.opentelemetry.api.metrics.LongCounter;
import io.opentelemetry.api.metrics.Meter;
import io.throughline.collector.Intake;
import io.throughline.model.Failure;
import io.throughline.model.Labels;
import io.throughline.model.Partitioning;
import io.throughline.model.SeriesMetadata;
import io.throughline.model.Tenant;
import io.throughline.model.wire.SampleColumns;
import io.throughline.model.wire.SetWriter;
import io.throughline.model.wire.Topics;
import java.security.SecureRandom;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Predicate;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The {@link Intake} over Kafka. Doors' threads look series up and gather columns; one {@link Sender}
 * thread makes records of them and Kafka's own thread completes requests.
 *
 * <p>Bounds: samples that wait for Kafka hold at most {@code queueBytes} (and a sixteenth more of reserved
 * requests), beyond that a commit is refused at once; a commit that is not acknowledged within {@code
 * ackTimeout} is refused, although its samples may still arrive later. Sending them again is harmless: an equal
 * series and time is overwritten with an equal value, and an interval of a delta counts once.
 */
public final class KafkaIntake implements Intake, AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(KafkaIntake.class);
  private static final int POOLED = 64;
  /** Of the queue's bound, what only reserved requests may use: 1/{@value}. */
  private static final int RESERVED_PART = 16;
  private static final int MAX_HELP = 1024;
  private static final int MAX_DROPPED = 500_000;
  private static final long SWEEP_SECONDS = 60;
  private static final AttributeKey<String> TENANT = AttributeKey.stringKey("tenant");
  private static final AttributeKey<String> REASON = AttributeKey.stringKey("reason");
  private static final AttributeKey<String> OUTCOME = AttributeKey.stringKey("outcome");
  private static final Attributes ACKNOWLEDGED = Attributes.of(OUTCOME, "acknowledged");
  private static final Attributes REFUSED = Attributes.of(OUTCOME, "refused");

  private final IntakeSettings settings;
  private final int partitionCount;
  private final InstantSource clock;
  private final Supplier<String> refuseWhen;
  private final Supplier<String> refuseReservedWhen;
  private final long hashKey;
  private final SeriesTable table = new SeriesTable();
  private final ArrivalOrder arrivalOrder;
  private final LongAdder matches = new LongAdder();
  private final LongAdder lookUps = new LongAdder();
  private final ConcurrentHashMap<Tenant, TenantSeries> tenants = new ConcurrentHashMap<>();
  private final AtomicLong setNumbers = new AtomicLong();
  private final AtomicInteger droppedSeries = new AtomicInteger();
  private volatile int rulesEpoch;
  private final AtomicLong queuedBytes = new AtomicLong();
  private final ArrayBlockingQueue<IntakeRequest.Scratch> scratches = new ArrayBlockingQueue<>(
      POOLED);
  private final ArrayBlockingQueue<SampleColumns> columns = new ArrayBlockingQueue<>(4 * POOLED);
  private final Sender sender;
  private final ScheduledExecutorService sweeper;
  private final LongCounter samples;
  private final LongCounter refusedSeries;
  private final SeriesBounds bounds;
  private final AdmissionFollower admission;

  /** What {@link #define} answers: an entry, or why there is none and whether asking later helps. */
  record Defined(@Nullable SeriesEntry entry, String refusal, boolean passes) {

    static Defined of(SeriesEntry entry) {
      return new Defined(entry, "", false);
    }
  }

  /**
   * Starts the sender.
   *
   * @param client Kafka client properties: where the brokers are and how to sign in
   * @param partitionCount of the topics
   * @param refuseWhen answers why nothing may be written now (disk nearly full, readers too far behind), or
   *     ""; asked once per request
   */
  public KafkaIntake(IntakeSettings settings, Map<String, Object> client, Topics topics,
      int partitionCount, InstantSource clock, Supplier<String> refuseWhen, Meter meter) {
    this(settings, client, topics, partitionCount, clock, refuseWhen, refuseWhen, meter);
  }

  /** @param refuseReservedWhen as {@code refuseWhen}, for reserved requests: not for overload alone */
  public KafkaIntake(IntakeSettings settings, Map<String, Object> client, Topics topics,
      int partitionCount, InstantSource clock, Supplier<String> refuseWhen,
      Supplier<String> refuseReservedWhen, Meter meter) {
    this.settings = settings;
    this.partitionCount = partitionCount;
    this.clock = clock;
    this.refuseWhen = refuseWhen;
    this.refuseReservedWhen = refuseReservedWhen;
    var random = new SecureRandom();
    // Unknown to senders: they cannot make labels that collide in the table.
    this.hashKey = random.nextLong();
    this.arrivalOrder = new ArrivalOrder(settings.arrivalOrderBytes());
    this.sender = new Sender(settings, client, topics, partitionCount, random.nextLong(), meter,
        batch -> giveBack(batch.columns));
    this.samples = meter.counterBuilder("throughline.collector.samples")
        .setUnit("{sample}")
        .setDescription("Samples that were committed by doors, by outcome")
        .build();
    this.refusedSeries = meter.counterBuilder("throughline.collector.series.refused")
        .setUnit("{series}")
        .setDescription("New series that were refused, each time they came, by tenant and reason")
        .build();
    this.bounds = new SeriesBounds(settings.tenantMemoryRatio());
    this.admission = new AdmissionFollower(client, topics, bounds);
    meter.gaugeBuilder("throughline.collector.queue.size")
        .ofLongs()
        .setUnit("By")
        .setDescription("Samples that wait for Kafka")
        .buildWithCallback(gauge -> gauge.record(queuedBytes.get()));
    meter.gaugeBuilder("throughline.collector.series")
        .ofLongs()
        .setUnit("{series}")
        .setDescription("Series this collector has seen lately")
        .buildWithCallback(gauge -> gauge.record(table.size()));
    meter.gaugeBuilder("throughline.collector.arrival.size")
        .ofLongs()
        .setUnit("By")
        .setDescription("Label bytes of series in the order they arrive in")
        .buildWithCallback(gauge -> gauge.record(arrivalOrder.bytes()));
    sender.start();
    admission.start();
    sweeper = Executors.newSingleThreadScheduledExecutor(
        Thread.ofPlatform().name("collector-sweep").daemon().factory());
    sweeper.scheduleWithFixedDelay(this::sweep, SWEEP_SECONDS, SWEEP_SECONDS, TimeUnit.SECONDS);
  }

  @Override
  public Request begin(Tenant tenant) {
    return begin(tenant, false);
  }

  @Override
  public Request beginReserved(Tenant tenant) {
    return begin(tenant, true);
  }

  private Request begin(Tenant tenant, boolean reserved) {
    var scratch = scratches.poll();
    return new IntakeRequest(this,
        tenants.computeIfAbsent(tenant, t -> new TenantSeries(t, partitionCount)),
        scratch == null ? new IntakeRequest.Scratch(256) : scratch, minute(), reserved, rulesEpoch);
  }

  @Override
  public void bodyComes() {
    sender.bodyComes();
  }

  @Override
  public void bodyTaken() {
    sender.bodyTaken();
  }

  @Override
  public String unavailableReason() {
    var reason = refuseWhen.get();
    if (reason.isEmpty() && queuedBytes.get() >= settings.queueBytes()) {
      reason = "the queue to Kafka is full: " + queuedBytes.get() + " of " + settings.queueBytes()
          + " bytes (collector.intake.queue-bytes)";
    }
    return reason.isEmpty() ? sender.trouble() : reason;
  }

  /** The offset after the last acknowledged record of a partition, 0 where there is none yet. */
  public long acknowledgedOffset(int partition) {
    return sender.acknowledgedOffset(partition);
  }

  /** Hot path: once per series of a request, which asks the clock once for all of them. */
  @Nullable
  SeriesEntry find(TenantSeries tenant, long hashHigh, long hashLow, int minute) {
    var entry = table.find(mixHigh(tenant, hashHigh), hashLow ^ hashKey);
    if (entry != null && entry.lastUsedMinute != minute) {
      entry.lastUsedMinute = minute;
    }
    return entry;
  }

  ArrivalOrder arrivalOrder() {
    return arrivalOrder;
  }

  /** Once per request: how many of its series came as expected, and how many were looked up by their hash. */
  void counted(int expected, int lookedUp) {
    matches.add(expected);
    lookUps.add(lookedUp);
  }

  private long mixHigh(TenantSeries tenant, long hashHigh) {
    return hashHigh ^ tenant.hashSeed * 0x9E3779B97F4A7C15L ^ hashKey;
  }

  Defined define(TenantSeries tenant, long hashHigh, long hashLow, Labels labels,
      SeriesMetadata metadata, boolean reserved, int epoch) {
    var canonical = labels.canonicalBytes();
    if (canonical.length > SetWriter.MAX_SERIES_BYTES) {
      return new Defined(null,
          "labels of " + canonical.length + " bytes, want at most " + SetWriter.MAX_SERIES_BYTES,
          false);
    }
    int partition = Partitioning.partition(tenant.tenant, labels, partitionCount);
    synchronized (tenant) {
      var known = find(tenant, hashHigh, hashLow, minute());
      if (known != null) {
        return Defined.of(known);
      }
      var refusal = refusal(tenant, partition, labels, canonical, reserved);
      if (refusal != null) {
        return refusal;
      }
      var about = shortened(metadata);
      var set = tenant.current(partition);
      int ordinal = set == null ? -1 : set.add(canonical, about);
      if (set == null || ordinal < 0) {
        set = new SeriesSet(tenant.tenant, partition, setNumbers.incrementAndGet());
        tenant.replace(partition, set);
        ordinal = set.add(canonical, about);
        sender.opened(set);
      }
      var entry = new SeriesEntry(mixHigh(tenant, hashHigh), hashLow ^ hashKey, set, ordinal,
          minute());
      remember(entry, epoch);
      tenant.seriesCount.incrementAndGet();
      return Defined.of(entry);
    }
  }

  /** Under the tenant's lock. */
  private @Nullable Defined refusal(TenantSeries tenant, int partition, Labels labels,
      byte[] canonical, boolean reserved) {
    long now = System.nanoTime();
    var refusal = tenant.refusal(settings, now, reserved);
    if (refusal == null && !reserved) {
      refusal = bounds.refusal(tenant, partition, canonical, now);
    }
    long most = settings.maxSeriesPerTenant();
    tenant.grow(labels, refusal != null || most > 0 && tenant.seriesCount.get() * 2L >= most
        || bounds.isNear(tenant.tenant, partition));
    if (refusal == null) {
      return null;
    }
    refusedSeries.add(1, Attributes.of(TENANT, tenant.tenant.id(), REASON, refusal.reason()));
    return new Defined(null, refusal.text() + tenant.explosion(now) + "; refused: " + labels,
        refusal.passes());
  }

  /** What was judged by rules that have been replaced meanwhile is good for its request alone. */
  private void remember(SeriesEntry entry, int epoch) {
    if (rulesEpoch == epoch) {
      table.add(entry);
      if (rulesEpoch == epoch) {
        return;
      }
      table.removeIf(one -> one == entry);
    }
    entry.gone = true;
  }

  /** Remembers a dropped series, as long as there are few: beyond, rules are asked each time. */
  void drop(TenantSeries tenant, long hashHigh, long hashLow, int rule, int epoch) {
    if (droppedSeries.get() < MAX_DROPPED) {
      droppedSeries.incrementAndGet();
      remember(new SeriesEntry(mixHigh(tenant, hashHigh), hashLow ^ hashKey, tenant.dropped,
          -1 - rule, minute()), epoch);
    }
  }

  @Override
  public void forget(Predicate<Tenant> whose) {
    // First the epoch: whoever adds an entry afterwards sees that it is too late.
    rulesEpoch = rulesEpoch + 1;
    for (var set : sender.sets()) {
      if (whose.test(set.tenant)) {
        set.retire();
      }
    }
    table.removeIf(entry -> {
      boolean leaves = whose.test(entry.set.tenant);
      entry.gone |= leaves;
      return leaves;
    });
    count();
  }

  /** A description is a sentence; a book of it would not fit into a record. */
  private static SeriesMetadata shortened(SeriesMetadata metadata) {
    if (metadata.help().length() <= MAX_HELP && metadata.unit().length() <= MAX_HELP) {
      return metadata;
    }
    return new SeriesMetadata(metadata.type(), shortened(metadata.unit()),
        shortened(metadata.help()));
  }

  private static String shortened(String text) {
    if (text.length() <= MAX_HELP) {
      return text;
    }
    int end = Character.isHighSurrogate(text.charAt(MAX_HELP - 1)) ? MAX_HELP - 1 : MAX_HELP;
    return text.substring(0, end);
  }

  private int minute() {
    return (int) (clock.millis() / 60_000);
  }

  SampleColumns borrowColumns() {
    var pooled = columns.poll();
    return pooled == null ? new SampleColumns() : pooled;
  }

  void giveBack(SampleColumns used) {
    // A giant's columns are not worth keeping.
    if (used.capacity() <= 65_536) {
      used.clear();
      columns.offer(used);
    }
  }

  void giveBack(IntakeRequest.Scratch used) {
    scratches.offer(used);
  }

  CompletionStage<Void> submit(List<Batch> batches, Pending pending, long bytes, int size,
      boolean reserved) {
    if (batches.isEmpty()) {
      // All of it was refused by the door: there is nothing to wait for.
      return CompletableFuture.completedFuture(null);
    }
    var reason = reserved ? refuseReservedWhen.get() : refuseWhen.get();
    long queued = queuedBytes.addAndGet(bytes);
    long most = settings.queueBytes() + (reserved ? settings.queueBytes() / RESERVED_PART : 0);
    if (reason.isEmpty() && queued > most && queued != bytes) {
      reason = "the queue to Kafka is full: " + queued + " of " + most
          + " bytes (collector.intake.queue-bytes)";
    }
    if (reason.isEmpty() && sender.isClosing()) {
      reason = "the collector is stopping";
    }
    if (reason.isEmpty()) {
      sender.submit(batches);
    } else {
      batches.forEach(batch -> giveBack(batch.columns));
      pending.fail(Failure.unavailable(reason));
    }
    var result = new CompletableFuture<Void>();
    pending.done.orTimeout(settings.ackTimeout().toMillis(), TimeUnit.MILLISECONDS)
        .whenComplete((done, failed) -> {
          queuedBytes.addAndGet(-bytes);
          samples.add(size, failed == null ? ACKNOWLEDGED : REFUSED);
          if (failed == null) {
            result.complete(null);
          } else {
            result.completeExceptionally(asFailure(failed));
          }
        });
    return result;
  }

  private Failure asFailure(Throwable failed) {
    if (failed instanceof Failure failure) {
      return failure;
    }
    if (failed instanceof TimeoutException) {
      return Failure
          .unavailable("Kafka did not acknowledge within " + settings.ackTimeout().toMillis()
              + " ms; the samples may still arrive, sending them again is harmless");
    }
    return new Failure(Failure.Category.UNAVAILABLE,
        "Kafka did not take the samples: " + failed.getMessage(), failed);
  }

  /** Sends what waits, for a few seconds at most; what is left then fails. */
  @Override
  public void close() {
    sweeper.shutdownNow();
    admission.close();
    sender.close();
  }

  /** Counts anew what is in the table; a series defined meanwhile is counted at the next sweep. */
  private void count() {
    var counts = new HashMap<Tenant, Integer>();
    var dropped = new AtomicInteger();
    table.forEach(entry -> {
      if (entry.ordinal < 0) {
        dropped.incrementAndGet();
      } else {
        counts.merge(entry.set.tenant, 1, Integer::sum);
      }
    });
    tenants.values()
        .forEach(tenant -> tenant.seriesCount.set(counts.getOrDefault(tenant.tenant, 0)));
    droppedSeries.set(dropped.get());
  }

  /**
   * Forgets series that were silent for long. A set of which less than half is alive goes as a whole: its
   * live series come back under a new one with their next samples.
   */
  void sweep() {
    try {
      int oldest = minute() - (int) settings.idleSeries().toMinutes();
      var live = new HashMap<SeriesSet, Integer>();
      table.forEach(entry -> {
        if (entry.lastUsedMinute >= oldest) {
          live.merge(entry.set, 1, Integer::sum);
        }
      });
      for (var set : sender.sets()) {
        if (live.getOrDefault(set, 0) * 2 < set.size()) {
          set.retire();
        }
      }
      table.removeIf(entry -> {
        boolean leaves = entry.lastUsedMinute < oldest || entry.set.isRetired();
        entry.gone |= leaves;
        return leaves;
      });
      long found = matches.sumThenReset();
      if (lookUps.sumThenReset() > found && arrivalOrder.isFull()) {
        // It is full of what is not sent any more, or not in this order.
        arrivalOrder.clear();
      }
      count();
      tenants.values().removeIf(tenant -> tenant.seriesCount.get() == 0);
    } catch (RuntimeException wrong) {
      // Thrown on, it would end the schedule, and nothing would ever be forgotten again.
      LOG.error("idle series were not forgotten, trying again in a minute", wrong);
    }
  }
}
