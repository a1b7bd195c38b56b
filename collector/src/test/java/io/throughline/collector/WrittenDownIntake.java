package io.throughline.collector;

import io.throughline.model.Failure;
import io.throughline.model.Labels;
import io.throughline.model.NativeHistogram;
import io.throughline.model.SeriesMetadata;
import io.throughline.model.Tenant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** An intake that writes down what was committed: {@code tenant/series time start value}. */
public final class WrittenDownIntake implements Intake {
  private final List<String> lines = new ArrayList<>();
  private final List<String> series = new ArrayList<>();
  private final Map<String, SeriesMetadata> metadata = new HashMap<>();
  private final Map<String, Integer> handles = new HashMap<>();
  private final List<byte[]> arrived = new ArrayList<>();
  private final List<Integer> arrivedHandles = new ArrayList<>();
  private boolean expecting = true;
  private int expected;
  private int maxSeries = Integer.MAX_VALUE;
  private boolean limitPasses;
  private @Nullable Failure failNext;

  synchronized List<String> lines() {
    return List.copyOf(lines);
  }

  synchronized SeriesMetadata metadata(String seriesName) {
    return metadata.getOrDefault(seriesName, SeriesMetadata.UNKNOWN);
  }

  /** Every series that was registered, without its tenant. */
  synchronized Set<String> series() {
    var names = new TreeSet<String>();
    series.forEach(name -> names.add(name.substring(name.indexOf('/') + 1)));
    return names;
  }

  synchronized int seriesCount() {
    return series.size();
  }

  /** Has each series looked up by its hash, as for a sender that never repeats an order. */
  synchronized void expectNothing() {
    expecting = false;
  }

  /** How many series came as expected. */
  synchronized int expectedSeries() {
    return expected;
  }

  synchronized void clear() {
    lines.clear();
  }

  synchronized void limit(int newMaxSeries, boolean passes) {
    maxSeries = newMaxSeries;
    limitPasses = passes;
  }

  public synchronized void failCommits(@Nullable Failure failure) {
    failNext = failure;
  }

  @Override
  public String unavailableReason() {
    return "";
  }

  @Override
  public void forget(Predicate<Tenant> whose) {
    synchronized (this) {
      handles.keySet().removeIf(key -> whose.test(new Tenant(key.substring(0, key.indexOf('/')))));
    }
  }

  @Override
  public Request begin(Tenant tenant) {
    return new Writing(tenant);
  }

  private final class Writing implements Request {
    private final Tenant tenant;
    private final List<String> own = new ArrayList<>();
    private String refusal = "";
    private int place = Integer.MAX_VALUE;
    private int matchedBytes;

    Writing(Tenant tenant) {
      this.tenant = tenant;
    }

    @Override
    public int findNext(byte[] bytes, int from, int to) {
      synchronized (WrittenDownIntake.this) {
        if (!expecting || place >= arrived.size()) {
          return UNKNOWN;
        }
        var want = arrived.get(place);
        int handle = arrivedHandles.get(place);
        if (to - from < want.length
            || !Arrays.equals(want, Arrays.copyOfRange(bytes, from, from + want.length))
            || !series.get(handle).startsWith(tenant + "/")) {
          return UNKNOWN;
        }
        place++;
        expected++;
        matchedBytes = want.length;
        return handle;
      }
    }

    @Override
    public int matchedBytes() {
      return matchedBytes;
    }

    @Override
    public void arrivedAs(int handle, byte[] bytes, int from, int to) {
      synchronized (WrittenDownIntake.this) {
        place = arrivedHandles.indexOf(handle) + 1;
        if (place == 0) {
          arrived.add(Arrays.copyOfRange(bytes, from, to));
          arrivedHandles.add(handle);
          place = arrived.size();
        }
      }
    }

    @Override
    public int find(long hashHigh, long hashLow) {
      synchronized (WrittenDownIntake.this) {
        return handles.getOrDefault(tenant + "/" + hashHigh + "/" + hashLow, UNKNOWN);
      }
    }

    @Override
    public int define(long hashHigh, long hashLow, Labels labels, SeriesMetadata about) {
      synchronized (WrittenDownIntake.this) {
        if (series.size() >= maxSeries) {
          refusal = "the limit of " + maxSeries + " series is reached";
          return REFUSED;
        }
        series.add(tenant + "/" + labels);
        metadata.put(tenant + "/" + labels, about);
        handles.put(tenant + "/" + hashHigh + "/" + hashLow, series.size() - 1);
        return series.size() - 1;
      }
    }

    @Override
    public int drop(long hashHigh, long hashLow, int rule) {
      synchronized (WrittenDownIntake.this) {
        handles.put(tenant + "/" + hashHigh + "/" + hashLow, DROPPED - rule);
        return DROPPED - rule;
      }
    }

    @Override
    public String refusal() {
      return refusal;
    }

    @Override
    public boolean refusalPasses() {
      return limitPasses;
    }

    private void add(int handle, long timeMs, long startMs, String value) {
      synchronized (WrittenDownIntake.this) {
        own.add(series.get(handle) + " " + timeMs + " " + startMs + " " + value);
      }
    }

    @Override
    public void sample(int handle, long timeMs, long startMs, double value) {
      add(handle, timeMs, startMs,
          Double.isNaN(value)
              ? "NaN:" + Long.toHexString(Double.doubleToRawLongBits(value))
              : OtlpDecoder.plain(value));
    }

    @Override
    public void histogram(int handle, long timeMs, long startMs, NativeHistogram histogram) {
      add(handle, timeMs, startMs, histogram.isStale() ? "stale" : histogram.toString());
    }

    @Override
    public void delta(int handle, long startMs, long endMs, double increase) {
      add(handle, endMs, startMs, "+" + OtlpDecoder.plain(increase));
    }

    @Override
    public void delta(int handle, long startMs, long endMs, NativeHistogram increase) {
      add(handle, endMs, startMs, "+" + increase);
    }

    @Override
    public int size() {
      return own.size();
    }

    @Override
    public CompletionStage<Void> commit() {
      synchronized (WrittenDownIntake.this) {
        if (failNext != null) {
          return CompletableFuture.failedFuture(failNext);
        }
        lines.addAll(own);
        return CompletableFuture.completedFuture(null);
      }
    }
  }
}
