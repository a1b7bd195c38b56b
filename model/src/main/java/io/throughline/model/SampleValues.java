package io.throughline.model;

/** The two NaNs that mean something. */
public final class SampleValues {

  /** The bits of the value that says "this series ended here". */
  public static final long STALE_NAN_BITS = 0x7ff0000000000002L;

  /** The bits of an ordinary NaN as Prometheus writes it. */
  public static final long NORMAL_NAN_BITS = 0x7ff8000000000001L;

  /** Send its bits, not the double: some conversions turn a signalling NaN into a quiet one. */
  public static final double STALE_NAN = Double.longBitsToDouble(STALE_NAN_BITS);

  private SampleValues() {}

  public static boolean isStale(double value) {
    return Double.doubleToRawLongBits(value) == STALE_NAN_BITS;
  }
}
