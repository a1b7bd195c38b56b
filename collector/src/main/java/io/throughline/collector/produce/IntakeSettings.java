package io.throughline.collector.produce;

import java.time.Duration;

/**
 * Settings {@code collector.intake.*}.
 *
 * @param ackTimeout how long a request waits for Kafka before it is refused
 * @param queueBytes samples and records that wait for Kafka, in bytes; beyond, requests are refused at once
 * @param maxSeriesPerTenant series of one tenant that this collector keeps; 0 = no limit
 * @param newSeriesPerSecond series a tenant may add in a second, with a burst of ten seconds' worth; 0 = no
 *     limit
 * @param tenantMemoryRatio of the memory that shards set aside for series ({@code ingest.series-memory-ratio}), what one
 *     tenant may take
 * @param idleSeries after this long without samples a series is forgotten, and registered again when it
 *     comes back
 * @param samplesRetention the longest time a record stays in the topic of samples; series sets are announced
 *     again each half of it
 * @param arrivalOrderBytes for the bytes series arrive in, which spare the look-up of a series that comes after
 *     the same one as before; 0 = each series is looked up
 * @param compression Kafka's name of the codec of records: none, lz4, zstd, snappy or gzip
 */
public record IntakeSettings(Duration ackTimeout, long queueBytes, long maxSeriesPerTenant,
    long newSeriesPerSecond, double tenantMemoryRatio, Duration idleSeries,
    Duration samplesRetention, long arrivalOrderBytes, String compression) {

  public static final IntakeSettings DEFAULTS = new IntakeSettings(Duration.ofSeconds(10),
      64L << 20, 5_000_000, 0, 1, Duration.ofHours(1), Duration.ofDays(1), 32L << 20, "lz4");

  public IntakeSettings {
    check(ackTimeout.toMillis() >= 100, "ack-timeout", ackTimeout, "at least 100 ms");
    check(queueBytes >= 4L << 20, "queue-bytes", queueBytes, "at least 4 MiB");
    check(maxSeriesPerTenant >= 0, "max-series-per-tenant", maxSeriesPerTenant, "at least 0");
    check(newSeriesPerSecond >= 0, "new-series-per-second", newSeriesPerSecond, "at least 0");
    check(tenantMemoryRatio > 0 && tenantMemoryRatio <= 1, "tenant-memory-ratio", tenantMemoryRatio,
        "above 0, up to 1");
    check(idleSeries.toMinutes() >= 2, "idle-series", idleSeries, "at least 2 minutes");
    check(samplesRetention.toMinutes() >= 4, "samples-retention", samplesRetention,
        "at least 4 minutes");
    check(arrivalOrderBytes >= 0, "arrival-order-bytes", arrivalOrderBytes, "at least 0");
  }

  public IntakeSettings withSamplesRetention(Duration value) {
    return new IntakeSettings(ackTimeout, queueBytes, maxSeriesPerTenant, newSeriesPerSecond,
        tenantMemoryRatio, idleSeries, value, arrivalOrderBytes, compression);
  }

  private static void check(boolean good, String name, Object got, String want) {
    if (!good) {
      throw new IllegalArgumentException(
          "collector.intake." + name + " is " + got + ", want " + want);
    }
  }
}
