package io.throughline.app.settings;

/**
 * Settings {@code disk.*}: below the larger of the two floors, writes are refused with 503 until there is
 * space again.
 *
 * @param minFreeBytes free space of the data directory's file system
 * @param minFreeRatio the same as a share of the file system's size
 */
public record DiskSettings(long minFreeBytes, double minFreeRatio) {

  public static final DiskSettings DEFAULTS = new DiskSettings(1L << 30, 0.05);

  public DiskSettings {
    if (minFreeBytes < 0) {
      throw new IllegalArgumentException("min-free-bytes is " + minFreeBytes + ", want at least 0");
    }
    if (!(minFreeRatio >= 0 && minFreeRatio < 1)) {
      throw new IllegalArgumentException(
          "min-free-ratio is " + minFreeRatio + ", want 0 to less than 1");
    }
  }
}
