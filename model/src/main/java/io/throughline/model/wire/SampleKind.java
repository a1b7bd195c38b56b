package io.throughline.model.wire;

/** What the samples of a group are. The codes are sent: they never change. */
public enum SampleKind {
  /** A value at a time. */
  FLOAT,
  /** A native histogram at a time. */
  HISTOGRAM,
  /** What was counted in (start, time]. */
  DELTA,
  /** The observations made in (start, time]. */
  DELTA_HISTOGRAM;

  private static final SampleKind[] BY_CODE = values();

  public static final int COUNT = 4;

  public int code() {
    return ordinal();
  }

  public boolean isHistogram() {
    return this == HISTOGRAM || this == DELTA_HISTOGRAM;
  }

  public boolean isDelta() {
    return this == DELTA || this == DELTA_HISTOGRAM;
  }

  static SampleKind ofCode(int code, ByteReader at) {
    if (code < 0 || code >= BY_CODE.length) {
      throw at.corrupt("sample kind is " + code + ", want 0 to " + (BY_CODE.length - 1));
    }
    return BY_CODE[code];
  }
}
