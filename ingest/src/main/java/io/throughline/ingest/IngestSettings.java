package io.throughline.ingest;

import java.time.Duration;

/**
 * Settings {@code ingest.*}.
 *
 * @param flushHeadBytes a shard whose head holds more is flushed
 * @param flushAge a shard is flushed this long after its oldest unflushed record was applied
 */
public record IngestSettings(long flushHeadBytes, Duration flushAge) {

  public static final IngestSettings DEFAULTS = new IngestSettings(64L << 20, Duration.ofMinutes(
      10));

  public IngestSettings {
    check(flushHeadBytes >= 1 << 20, "flush-head-bytes", flushHeadBytes, "at least 1 MiB");
    check(flushAge.toMillis() >= 1_000, "flush-age", flushAge, "at least 1 s");
  }

  private static void check(boolean good, String name, Object got, String want) {
    if (!good) {
      throw new IllegalArgumentException("ingest." + name + " is " + got + ", want " + want);
    }
  }
}
