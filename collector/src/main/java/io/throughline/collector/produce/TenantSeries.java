package io.throughline.collector.produce;

import io.throughline.model.Fingerprint;
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

  /** By partition; guarded by this. */
  private final @Nullable SeriesSet[] current;

  TenantSeries(Tenant tenant, int partitionCount) {
    this.tenant = tenant;
    this.hashSeed = Fingerprint.seed(tenant);
    this.current = new @Nullable SeriesSet[partitionCount];
  }

  /** New series that may come at once, and when that was so; guarded by this. */
  private double allowance = -1;
  private long allowanceNanos;

  /**
   * Why one more series is not taken, naming the setting, or "", and then it is counted. Guarded by this.
   *
   * @param reserved whether it is one of this process's own, for which {@value #RESERVED_SERIES} more are kept
   */
  String refusal(IntakeSettings settings, long nowNanos, boolean reserved) {
    long most = settings.maxSeriesPerTenant();
    if (reserved) {
      return most > 0 && seriesCount.get() >= most + RESERVED_SERIES
          ? "this process has more than " + RESERVED_SERIES + " series of its own"
          : "";
    }
    if (most > 0 && seriesCount.get() >= most) {
      return "tenant '" + tenant + "' has " + seriesCount.get() + " series, its limit is " + most
          + " (collector.intake.max-series-per-tenant)";
    }
    double rate = settings.newSeriesPerSecond();
    if (rate > 0) {
      double full = rate * BURST_SECONDS;
      allowance = allowance < 0
          ? full
          : Math.min(full, allowance + rate * (nowNanos - allowanceNanos) / 1e9);
      allowanceNanos = nowNanos;
      if (allowance < 1) {
        return "tenant '" + tenant + "' adds more than " + settings.newSeriesPerSecond()
            + " new series a second (collector.intake.new-series-per-second)";
      }
      allowance -= 1;
    }
    return "";
  }

  @Nullable
  SeriesSet current(int partition) {
    return current[partition];
  }

  void replace(int partition, @Nullable SeriesSet set) {
    current[partition] = set;
  }
}
