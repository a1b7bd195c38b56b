package io.throughline.model;

/** What kind of metric a series belongs to. The codes are stored and sent: they never change. */
public enum MetricType {
  UNKNOWN(0, "unknown"),
  COUNTER(1, "counter"),
  GAUGE(2, "gauge"),
  HISTOGRAM(3, "histogram"),
  GAUGE_HISTOGRAM(4, "gaugehistogram"),
  SUMMARY(5, "summary"),
  INFO(6, "info"),
  STATE_SET(7, "stateset");

  private static final MetricType[] BY_CODE = values();

  private final int code;
  private final String promName;

  MetricType(int code, String promName) {
    this.code = code;
    this.promName = promName;
  }

  public int code() {
    return code;
  }

  /** The word that Prometheus' metadata API uses. */
  public String promName() {
    return promName;
  }

  /** The type of a stored code; {@link #UNKNOWN} for one that a newer version wrote. */
  public static MetricType ofCode(int code) {
    return code >= 0 && code < BY_CODE.length ? BY_CODE[code] : UNKNOWN;
  }
}
