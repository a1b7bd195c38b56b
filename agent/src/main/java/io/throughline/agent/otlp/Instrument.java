package io.throughline.agent.otlp;

/**
 * One metric's name, unit and kind, encoded once.
 *
 * <p>Units are UCUM as in OpenTelemetry's semantic conventions ({@code s}, {@code By}, {@code
 * {request}}). Counters and histograms are cumulative; counters only grow.
 */
public final class Instrument {

  /** What kind of metric this is. */
  public enum Kind {
    GAUGE,
    COUNTER,
    HISTOGRAM
  }

  private final String name;
  private final Kind kind;
  private final byte[] head;

  private Instrument(String name, String unit, Kind kind) {
    this.name = name;
    this.kind = kind;
    var buffer = new ProtoBuffer(64);
    buffer.string(1, name);
    buffer.string(3, unit);
    this.head = buffer.toByteArray();
  }

  public static Instrument gauge(String name, String unit) {
    return new Instrument(name, unit, Kind.GAUGE);
  }

  public static Instrument counter(String name, String unit) {
    return new Instrument(name, unit, Kind.COUNTER);
  }

  public static Instrument histogram(String name, String unit) {
    return new Instrument(name, unit, Kind.HISTOGRAM);
  }

  public String name() {
    return name;
  }

  Kind kind() {
    return kind;
  }

  byte[] head() {
    return head;
  }

  @Override
  public String toString() {
    return name;
  }
}
