package io.throughline.collector;

import java.time.Duration;

/**
 * Settings {@code collector.*}.
 *
 * @param maxBodyBytes a request's body as it arrives
 * @param maxDecodedBytes a request's body after decompression
 * @param maxInFlightBytes bodies being decoded or waiting for it; beyond, requests are refused
 * @param maxLabels labels of one series
 * @param maxLabelNameBytes length of a label's name
 * @param maxLabelValueBytes length of a label's value
 * @param maxFuture how far ahead of the collector's clock a sample may be
 * @param retention how old a sample may be; zero: any time since 1970
 * @param identityFallback whether OTLP resources without {@code service.*} get a job and instance from what
 *     else they say
 * @param decoderThreads threads that decode bodies
 * @param relabelFile a file of relabelling rules, of all tenants and of each, or empty
 * @param relabelInterval how often that file is looked at for changes; 0 only at SIGHUP
 */
public record CollectorSettings(int maxBodyBytes, int maxDecodedBytes, long maxInFlightBytes,
    int maxLabels, int maxLabelNameBytes, int maxLabelValueBytes, Duration maxFuture,
    Duration retention, boolean identityFallback, int decoderThreads, String relabelFile,
    Duration relabelInterval) {

  public static final CollectorSettings DEFAULTS = new CollectorSettings(16 << 20, 32 << 20,
      128L << 20, 128, 512, 8192, Duration.ofMinutes(10), Duration.ofDays(15), true,
      Math.max(2, Runtime.getRuntime().availableProcessors()), "", Duration.ofSeconds(5));

  public CollectorSettings {
    check(maxBodyBytes >= 1024, "max-body-bytes", maxBodyBytes, "at least 1024");
    check(maxDecodedBytes >= maxBodyBytes, "max-decoded-bytes", maxDecodedBytes,
        "at least max-body-bytes");
    check(maxInFlightBytes >= maxBodyBytes, "max-in-flight-bytes", maxInFlightBytes,
        "at least max-body-bytes");
    check(maxLabels >= 1 && maxLabels <= 1000, "max-labels", maxLabels, "1 to 1000");
    check(maxLabelNameBytes >= 16 && maxLabelNameBytes <= 1024, "max-label-name-bytes",
        maxLabelNameBytes, "16 to 1024");
    check(maxLabelValueBytes >= 16 && maxLabelValueBytes <= 65_536, "max-label-value-bytes",
        maxLabelValueBytes, "16 to 65536");
    check(!maxFuture.isNegative(), "max-future", maxFuture, "at least 0");
    check(!retention.isNegative(), "retention", retention, "at least 0");
    check(decoderThreads >= 1, "decoder-threads", decoderThreads, "at least 1");
    check(!relabelInterval.isNegative(), "relabel-interval", relabelInterval, "at least 0");
  }

  private static void check(boolean good, String name, Object got, String want) {
    if (!good) {
      throw new IllegalArgumentException("collector." + name + " is " + got + ", want " + want);
    }
  }

  public CollectorSettings withRetention(Duration newRetention) {
    return new CollectorSettings(maxBodyBytes, maxDecodedBytes, maxInFlightBytes, maxLabels,
        maxLabelNameBytes, maxLabelValueBytes, maxFuture, newRetention, identityFallback,
        decoderThreads, relabelFile, relabelInterval);
  }

  public CollectorSettings withRelabelFile(String file) {
    return new CollectorSettings(maxBodyBytes, maxDecodedBytes, maxInFlightBytes, maxLabels,
        maxLabelNameBytes, maxLabelValueBytes, maxFuture, retention, identityFallback,
        decoderThreads, file, relabelInterval);
  }
}
