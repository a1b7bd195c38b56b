package io.throughline.rules;

import io.opentelemetry.api.OpenTelemetry;
import io.throughline.model.Failure;
import io.throughline.model.Labels;
import io.throughline.model.Matcher;
import io.throughline.model.SeriesMetadata;
import io.throughline.model.Tenant;
import io.throughline.query.QuerySettings;
import io.throughline.query.ReadBarrier;
import io.throughline.query.source.MemorySource;
import io.throughline.rules.group.RuleSample;
import io.throughline.store.Snapshot;
import io.throughline.testkit.SettableClock;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/** What a rules role stands in: series in plain lists, a clock that stands, a log in a map. Evaluations run where they are called. */
final class House implements RuleSink, StateLog {

  static final long START_MS = 1_700_000_000_000L / 60_000 * 60_000;

  final SettableClock clock = new SettableClock(Instant.ofEpochMilli(START_MS));
  final MemorySource source = new MemorySource();
  final List<RuleSample> written = new ArrayList<>();
  final Map<String, byte[]> log = new HashMap<>();
  final List<byte[]> history = new ArrayList<>();
  @Nullable
  Following follower;
  @Nullable
  RuntimeException refuseWrites;
  @Nullable
  RuntimeException refuseState;
  @Nullable
  RuntimeException refuseReads;
  boolean doubtful;
  long behind;

  RulesRole role(RulesSettings settings) {
    var around = new RulesRole.Surroundings(QuerySettings.DEFAULT, this::snapshot,
        (ReadBarrier) () -> behind, this, this, clock, OpenTelemetry.noop().getMeter("test"), null);
    return new RulesRole(settings, around, Runnable::run);
  }

  static RulesSettings settings(Path... files) {
    var names = new ArrayList<String>();
    for (var file : files) {
      names.add(file.toString());
    }
    return RulesSettings.DEFAULTS.withFiles(names);
  }

  static Path file(Path folder, String name, String rules) throws IOException {
    return Files.writeString(folder.resolve(name),
        "groups:\n- name: g\n  rules:\n" + rules.indent(2));
  }

  void add(String metric, String host, double value) {
    source.add(Labels.of("__name__", metric, "host", host), clock.millis(), value);
  }

  /** Moves the clock minute by minute, giving the load of each, and runs what is due. */
  void minutes(RulesRole role, double... loads) {
    for (double load : loads) {
      clock.advance(Duration.ofMinutes(1));
      if (!Double.isNaN(load)) {
        // Just before the moments of the coming minute.
        source.add(Labels.of("__name__", "load", "host", "a"), clock.millis() - 60_000, load);
        source.add(Labels.of("__name__", "load", "host", "a"), clock.millis() - 1, load);
      }
      role.runDue();
    }
  }

  @Override
  public CompletionStage<Void> write(List<RuleSample> samples) {
    var refusal = refuseWrites;
    if (refusal != null) {
      return CompletableFuture.failedFuture(refusal);
    }
    for (var sample : samples) {
      written.add(sample);
      source.add(sample.labels(), sample.timeMs(), sample.value());
    }
    return CompletableFuture.completedFuture(null);
  }

  @Override
  public int shareCount() {
    return 1;
  }

  @Override
  public void start(Shares shares) {
    shares.taken(0, Map.copyOf(log));
  }

  @Override
  public boolean owns(int share) {
    return !doubtful;
  }

  @Override
  public void follow(Following following) {
    follower = following;
    for (long offset = following.nextOffset(0); offset < history.size(); offset++) {
      following.add(0, offset, history.get((int) offset));
    }
    following.caughtUp(0);
  }

  @Override
  public void close() {
    follower = null;
  }

  @Override
  public void save(int share, Map<String, byte[]> entries, List<byte[]> changes) {
    var refusal = refuseState;
    if (refusal != null) {
      throw refusal;
    }
    for (var change : changes) {
      history.add(change);
      if (follower != null) {
        follower.add(0, history.size() - 1, change);
        follower.caughtUp(0);
      }
    }
    entries.forEach((key, value) -> {
      if (value.length == 0) {
        log.remove(key);
      } else {
        log.put(key, value);
      }
    });
  }

  private Snapshot snapshot() {
    var refusal = refuseReads;
    if (refusal != null) {
      throw refusal;
    }
    return new OfMemory(source);
  }

  static Failure away() {
    return Failure.unavailable("the store is away");
  }

  /** A snapshot of which only selecting is asked. */
  private record OfMemory(MemorySource source) implements Snapshot {
    @Override
    public Map<Integer, Long> nextOffsets() {
      return Map.of();
    }

    @Override
    public List<Series> select(Tenant tenant, List<Matcher> matchers, long minTimeMs,
        long maxTimeMs, int maxSeries) {
      return source.select(matchers, minTimeMs, maxTimeMs, maxSeries);
    }

    @Override
    public List<String> labelNames(Tenant tenant, List<Matcher> matchers, long minTimeMs,
        long maxTimeMs) {
      throw new UnsupportedOperationException();
    }

    @Override
    public List<String> labelValues(Tenant tenant, String name, List<Matcher> matchers,
        long minTimeMs, long maxTimeMs) {
      throw new UnsupportedOperationException();
    }

    @Override
    public Map<String, Set<SeriesMetadata>> metadata(Tenant tenant) {
      throw new UnsupportedOperationException();
    }

    @Override
    public int seriesCount(int partition) {
      return 0;
    }

    @Override
    public SeriesEntry series(int partition, int seriesId) {
      throw new UnsupportedOperationException();
    }

    @Override
    public Series open(int partition, int seriesId) {
      throw new UnsupportedOperationException();
    }

    @Override
    public void close() {}
  }
}
