package io.throughline.collector.produce;

import io.throughline.model.Fingerprint;
import io.throughline.model.Labels;
import io.throughline.model.Tenant;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/** One tenant's current series set in each partition, and how many series it has. */
final class TenantSeries {
  private static final double BURST_SECONDS = 10;
  private static final int RESERVED_SERIES = 2_000;

  final Tenant tenant;
  final int hashSeed;
  final AtomicInteger seriesCount = new AtomicInteger();

  /** Where series stand that rules drop; nobody announces it. */
  final SeriesSet dropped;

  /** By partition; guarded by this. */
  private final @Nullable SeriesSet[] current;

  TenantSeries(Tenant tenant, int partitionCount) {
    this.tenant = tenant;
    this.hashSeed = Fingerprint.seed(tenant);
    this.dropped = new SeriesSet(tenant, -1, 0);
    this.current = new @Nullable SeriesSet[partitionCount];
  }

  /** New series that may come at once, and when that was so; guarded by this. */
  private double allowance = -1;
  private long allowanceNanos;

  /** Guarded by this. */
  private @Nullable LabelGrowth growth;

  /**
   * Why one more series is not taken, naming the setting, or null. Guarded by this.
   *
   * @param reserved whether it is one of this process's own, for which {@value #RESERVED_SERIES} more are kept
   */
  @Nullable
  Refusal refusal(IntakeSettings settings, long nowNanos, boolean reserved) {
    long most = settings.maxSeriesPerTenant();
    if (reserved) {
      return most > 0 && seriesCount.get() >= most + RESERVED_SERIES
          ? new Refusal("active",
              "this process has more than " + RESERVED_SERIES + " series of its own", false)
          : null;
    }
    if (most > 0 && seriesCount.get() >= most) {
      return new Refusal("active", "tenant '" + tenant + "' has " + seriesCount.get()
          + " series, its limit is " + most + " (collector.intake.max-series-per-tenant)", false);
    }
    double rate = settings.newSeriesPerSecond();
    if (rate > 0) {
      double full = rate * BURST_SECONDS;
      allowance = allowance < 0
          ? full
          : Math.min(full, allowance + rate * (nowNanos - allowanceNanos) / 1e9);
      allowanceNanos = nowNanos;
      if (allowance < 1) {
        return new Refusal("rate",
            "tenant '" + tenant + "' adds more than " + settings.newSeriesPerSecond()
                + " new series a second (collector.intake.new-series-per-second)",
            true);
      }
      allowance -= 1;
    }
    return null;
  }

  /** Looks at a series that came new, taken or not, once half of a limit is reached. Guarded by this. */
  void grow(Labels labels, boolean near) {
    if (growth == null && near) {
      growth = new LabelGrowth();
    }
    if (growth != null) {
      growth.add(labels);
    }
  }

  /** What explodes, as the end of a sentence, or "". Guarded by this. */
  String explosion(long nowNanos) {
    return growth == null ? "" : growth.worst(nowNanos);
  }

  @Nullable
  SeriesSet current(int partition) {
    return current[partition];
  }

  void replace(int partition, @Nullable SeriesSet set) {
    current[partition] = set;
  }
}
