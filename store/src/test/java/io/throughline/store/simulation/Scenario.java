package io.throughline.store.simulation;

import io.throughline.model.Failure;
import io.throughline.model.Labels;
import io.throughline.model.Matcher;
import io.throughline.model.SeriesMetadata;
import io.throughline.model.Tenant;
import io.throughline.store.LogPosition;
import io.throughline.store.SampleBuffer;
import io.throughline.store.ShardWriter;
import io.throughline.store.Store;
import io.throughline.store.StoreSettings;
import java.nio.file.Path;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.TreeMap;
import java.util.function.LongFunction;
import org.jspecify.annotations.Nullable;

/**
 * One life of a shard, made from a seed: records, flushes, merges, deletions, restarts, crashes and disk
 * failures in any order, on a {@link SimulatedDisk} and a log that forgets what a flush covered and may
 * lose its newest records with the power. After each restart and at the end the store is compared with a
 * plain map.
 *
 * <p>A function of the seed, so that it can run among classes with a planted defect: it answers "" or
 * what went wrong.
 */
public final class Scenario implements LongFunction<String> {
  private static final Tenant TENANT = new Tenant("acme");
  private static final Path FOLDER = Path.of("/simulated");
  private static final int STEPS = 70;
  private static final int FLOATS = 6;
  private static final int SERIES = 9;
  private static final InstantSource CLOCK = InstantSource
      .fixed(Instant.ofEpochMilli(1_700_000_000_000L));

  /** What happened, in order; offsets are those of the log. */
  private sealed interface Event {
    record Applied(long offset, int epoch, List<Sample> samples) implements Event {}

    record Deleted(int kind, long fromMs, long toMs) implements Event {}
  }

  /** Series below {@link #FLOATS} take floats, the others increases since {@code startMs}. */
  private record Sample(int series, long startMs, long timeMs, double value) {}

  /** A sample as read. */
  private record Stored(long startMs, long bits) {}

  private record LogRecord(long offset, int epoch, List<Sample> samples) {}

  /** A deletion that was not answered, and the number of events before it. */
  private record Doubt(Event.Deleted deleted, int after) {}

  private static final class Wrong extends RuntimeException {
    private static final long serialVersionUID = 1L;

    Wrong(String message) {
      super(message);
    }
  }

  @Override
  public String apply(long seed) {
    try {
      new Life(new Random(seed)).live();
      return "";
    } catch (Wrong wrong) {
      return "seed " + seed + ": " + wrong.getMessage();
    } catch (RuntimeException | SimulatedDisk.Crash wrong) {
      return "seed " + seed + ": " + wrong;
    }
  }

  private static final class Life {
    private final Random random;
    private final SimulatedDisk disk;
    private final List<Event> events = new ArrayList<>();
    private final List<LogRecord> log = new ArrayList<>();
    private final List<Doubt> doubts = new ArrayList<>();
    private final long[] deltaEnds = new long[SERIES];
    private long nextOffset;
    private long logStart;
    private int epoch;
    private long now = 1_600_000_000_000L;
    private @Nullable Store store;
    private @Nullable ShardWriter writer;

    Life(Random random) {
      this.random = random;
      disk = new SimulatedDisk(random);
    }

    void live() {
      open();
      for (int i = 0; i < STEPS; i++) {
        try {
          step();
        } catch (SimulatedDisk.Crash crash) {
          restart(true);
        } catch (Failure failed) {
          if (failed.category() != Failure.Category.UNAVAILABLE) {
            throw failed;
          }
          // The disk failed: whoever asked tries again later, or the process is started again and, with
          // bad luck, the power goes too.
          for (int more = random.nextInt(6); more > 3; more--) {
            restart(more == 4);
          }
        }
      }
      disk.failAfter(-1, 0, false);
      disk.crashAfter(-1, false);
      restart(random.nextBoolean());
      flush();
      current().merge();
      check("after the last merge");
      int files = disk.fileCount();
      current().close();
      require(disk.openMappings() == 0, disk.openMappings() + " mappings are open");
      require(files < 60, files + " files are left");
    }

    private Store current() {
      if (store == null) {
        throw new Wrong("the store is not open");
      }
      return store;
    }

    private ShardWriter shard() {
      if (writer == null) {
        throw new Wrong("the store is not open");
      }
      return writer;
    }

    private void step() {
      switch (random.nextInt(16)) {
        case 0, 1 -> flush();
        case 2 -> current().maintain();
        case 3 -> current().merge();
        case 4 -> disk.crashAfter(1 + random.nextInt(40), false);
        case 5 -> disk.crashAfter(random.nextInt(5), true);
        case 6 -> disk.failAfter(random.nextInt(12), 1 + random.nextInt(2), false);
        case 9 -> disk.failAfter(random.nextInt(3), 1, true);
        case 7 -> delete();
        case 8 -> restart(random.nextBoolean());
        default -> record();
      }
    }

    private void flush() {
      shard().flush();
      // Kafka forgets what the store says it has.
      logStart = Math.max(logStart, flushedInThisLog());
      log.removeIf(record -> record.offset < logStart);
    }

    /** What is flushed ends here; where the log was cut and grew anew, it is to be read from there. */
    private long flushedInThisLog() {
      var flushed = shard().flushedPosition();
      long to = Math.min(flushed.nextOffset(), nextOffset);
      for (var record : log) {
        if (record.epoch > flushed.leaderEpoch()) {
          to = Math.min(to, record.offset);
        }
      }
      return to;
    }

    private void delete() {
      var deleted = new Event.Deleted(random.nextInt(3),
          random.nextBoolean() ? 0 : now - random.nextInt(5000),
          random.nextBoolean() ? Long.MAX_VALUE : now);
      // Until the call returns it may have happened or not: the next restart tells.
      var doubt = new Doubt(deleted, events.size());
      doubts.add(doubt);
      current().delete(TENANT, List.of(List.of(Matcher.equal("kind", "k" + deleted.kind))),
          deleted.fromMs, deleted.toMs);
      doubts.remove(doubt);
      events.add(deleted);
    }

    private void record() {
      now += random.nextInt(3) * 1000L;
      var samples = new ArrayList<Sample>();
      for (int i = 1 + random.nextInt(10); i > 0; i--) {
        int series = random.nextInt(SERIES);
        if (series < FLOATS) {
          long timeMs = random.nextInt(4) == 0 ? now - random.nextInt(5) * 1000L : now;
          samples.add(new Sample(series, 0, timeMs, random.nextInt(1000)));
        } else {
          long start = Math.max(deltaEnds[series], now - 500_000);
          deltaEnds[series] = start + 1000;
          samples.add(new Sample(series, start, start + 1000, 1 + random.nextInt(9)));
        }
      }
      var record = new LogRecord(nextOffset++, epoch, samples);
      log.add(record);
      events.add(new Event.Applied(record.offset, epoch, samples));
      applyRecord(record);
    }

    private void applyRecord(LogRecord record) {
      var target = shard();
      for (var sample : record.samples) {
        var labels = Labels
            .of("__name__", "m", "kind", "k" + sample.series % 3, "series", "s" + sample.series)
            .canonicalBytes();
        int id = target.seriesId(TENANT, labels, 0, labels.length, SeriesMetadata.UNKNOWN);
        if (sample.series < FLOATS) {
          target.append(id, sample.timeMs, sample.startMs, sample.value);
        } else {
          target.appendDelta(id, sample.startMs, sample.timeMs, sample.value);
        }
      }
      target.applied(new LogPosition("c", "t", record.epoch, record.offset + 1));
    }

    /** Ends the process, with or without the machine, and starts it again. */
    private void restart(boolean crash) {
      if (!crash && store != null) {
        store.close();
        require(disk.openMappings() == 0, disk.openMappings() + " mappings are open");
      }
      store = null;
      var before = List.copyOf(events);
      if (crash) {
        disk.restart();
        loseNewestRecords();
      }
      open();
      keepOnlyWhatIsLeft(before);
      check(crash ? "after a crash" : "after a restart");
    }

    /** Of the records before, those that are in the log or were flushed; deletions as they turned out. */
    private void keepOnlyWhatIsLeft(List<Event> before) {
      var flushed = shard().flushedPosition();
      events.clear();
      var asTheyMayBe = new ArrayList<List<Event>>();
      for (int chosen = 0; chosen < 1 << doubts.size(); chosen++) {
        var possible = new ArrayList<Event>();
        for (int i = 0; i <= before.size(); i++) {
          for (int k = 0; k < doubts.size(); k++) {
            if (doubts.get(k).after == i && (chosen >> k & 1) == 1) {
              possible.add(doubts.get(k).deleted);
            }
          }
          if (i < before.size()
              && !(before.get(i) instanceof Event.Applied applied && isLost(applied, flushed))) {
            possible.add(before.get(i));
          }
        }
        asTheyMayBe.add(possible);
      }
      doubts.clear();
      for (var possible : asTheyMayBe) {
        events.clear();
        events.addAll(possible);
        if (asTheyMayBe.size() > 1 && difference().isEmpty()) {
          return;
        }
      }
      events.clear();
      events.addAll(asTheyMayBe.getFirst());
    }

    /** The log's own tail may not have been on its disk; what the store has flushed always was. */
    private void loseNewestRecords() {
      if (random.nextInt(3) != 0 || log.isEmpty()) {
        return;
      }
      long keptTo = Math.max(logStart, nextOffset - random.nextInt(4));
      if (keptTo >= nextOffset) {
        return;
      }
      log.removeIf(record -> record.offset >= keptTo);
      nextOffset = keptTo;
      epoch++;
    }

    /** Whether the log has lost the record before it was flushed. */
    private boolean isLost(Event.Applied applied, LogPosition flushed) {
      boolean isFlushed = applied.epoch < flushed.leaderEpoch()
          || applied.epoch == flushed.leaderEpoch() && applied.offset < flushed.nextOffset();
      return !isFlushed && log.stream()
          .noneMatch(record -> record.offset == applied.offset && record.epoch == applied.epoch);
    }

    private void open() {
      while (true) {
        try {
          var opened = Store.open(FOLDER, StoreSettings.DEFAULTS.withBackgroundMerges(false), disk,
              CLOCK);
          var shard = opened.shard(0);
          store = opened;
          writer = shard;
          break;
        } catch (SimulatedDisk.Crash crash) {
          disk.restart();
        } catch (Failure failed) {
          if (failed.category() != Failure.Category.UNAVAILABLE) {
            throw failed;
          }
        }
      }
      long from = flushedInThisLog();
      require(from >= logStart,
          "the store wants offset " + from + ", the log begins at " + logStart);
      for (var record : List.copyOf(log)) {
        if (record.offset >= from) {
          applyRecord(record);
        }
      }
    }

    private TreeMap<Integer, TreeMap<Long, Stored>> model() {
      var model = new TreeMap<Integer, TreeMap<Long, Stored>>();
      var totals = new double[SERIES];
      var starts = new long[SERIES];
      var ends = new long[SERIES];
      for (var event : events) {
        switch (event) {
          case Event.Applied(var offset, var written, var samples) -> {
            for (var sample : samples) {
              int series = sample.series;
              double value = sample.value;
              long start = 0;
              if (series >= FLOATS) {
                if (ends[series] == 0 || sample.startMs > ends[series]) {
                  totals[series] = 0;
                  starts[series] = sample.startMs;
                }
                totals[series] += value;
                ends[series] = sample.timeMs;
                value = totals[series];
                start = starts[series];
              }
              model.computeIfAbsent(series, key -> new TreeMap<>())
                  .put(sample.timeMs, new Stored(start, Double.doubleToRawLongBits(value)));
            }
          }
          case Event.Deleted(var kind, var fromMs, var toMs) -> model.forEach((series, samples) -> {
            if (series % 3 == kind) {
              samples.subMap(fromMs, true, toMs, true).clear();
            }
          });
        }
      }
      model.values().removeIf(TreeMap::isEmpty);
      return model;
    }

    private void check(String when) {
      try (var snapshot = current().snapshot()) {
        require(snapshot.warnings().isEmpty(), when + ": " + snapshot.warnings());
      }
      var difference = difference();
      require(difference.isEmpty(), when + ": " + difference);
    }

    /** How the store differs from the model, or "". */
    private String difference() {
      var wanted = model();
      var got = new TreeMap<Integer, TreeMap<Long, Stored>>();
      try (var snapshot = current().snapshot()) {
        var buffer = new SampleBuffer();
        for (var series : snapshot.select(TENANT, List.of(), Long.MIN_VALUE, Long.MAX_VALUE,
            1000)) {
          series.read(Long.MIN_VALUE, Long.MAX_VALUE, buffer);
          var samples = new TreeMap<Long, Stored>();
          for (int i = 0; i < buffer.size(); i++) {
            samples.put(buffer.times()[i],
                new Stored(buffer.startMs(i), Double.doubleToRawLongBits(buffer.values()[i])));
          }
          if (samples.size() != buffer.size()) {
            return "a timestamp came twice";
          }
          int number = Integer.parseInt(series.labels().getOrEmpty("series").substring(1));
          if (got.put(number, samples) != null) {
            return "series " + number + " came twice";
          }
        }
      }
      for (int series = 0; series < SERIES; series++) {
        var want = wanted.getOrDefault(series, new TreeMap<>());
        var have = got.getOrDefault(series, new TreeMap<>());
        if (!want.equals(have)) {
          return "series " + series + " has " + have + ", want " + want;
        }
      }
      return "";
    }

    private static void require(boolean good, String message) {
      if (!good) {
        throw new Wrong(message);
      }
    }
  }
}
