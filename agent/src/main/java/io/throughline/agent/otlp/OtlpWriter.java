package io.throughline.agent.otlp;

import org.jspecify.annotations.Nullable;

/**
 * Writes one {@code ExportMetricsServiceRequest} (opentelemetry-proto, metrics v1), point by point.
 *
 * <pre>{@code
 * writer.beginResource(host);
 * writer.begin(LOAD);
 * writer.point(Attributes.NONE, 0, nowNanos, 0.7);
 * writer.end();
 * writer.endResource();
 * byte[] request = writer.take();
 * }</pre>
 *
 * <p>A metric without points and a resource without metrics leave no trace. Times are nanoseconds since
 * 1970, 0 = not known. Hot path: once per point, allocates nothing but to grow. One thread at a time.
 */
public final class OtlpWriter {

  private static final int CUMULATIVE = 2;

  private final ProtoBuffer out = new ProtoBuffer(16 * 1024);
  private final byte[] scope;
  private int resource = -1;
  private int scopeMetrics = -1;
  private int metric = -1;
  private int data = -1;
  private int pointsBefore;
  private int points;
  private int resourcePointsBefore;
  private @Nullable Instrument instrument;

  /** {@code scopeName} names the instrumentation: who measured, as {@code throughline.node}. */
  public OtlpWriter(String scopeName) {
    var buffer = new ProtoBuffer(64);
    int start = buffer.open(1);
    buffer.string(1, scopeName);
    buffer.close(start);
    scope = buffer.toByteArray();
  }

  public void beginResource(Attributes attributes) {
    resourcePointsBefore = points;
    resource = out.open(1);
    int inner = out.open(1);
    out.raw(attributes.elsewhere());
    out.close(inner);
    scopeMetrics = out.open(2);
    out.raw(scope);
  }

  public void endResource() {
    if (points == resourcePointsBefore) {
      out.abandon(1, resource);
      return;
    }
    out.close(scopeMetrics);
    out.close(resource);
  }

  public void begin(Instrument next) {
    instrument = next;
    pointsBefore = points;
    metric = out.open(2);
    out.raw(next.head());
    data = out.open(switch (next.kind()) {
      case GAUGE -> 5;
      case COUNTER -> 7;
      case HISTOGRAM -> 10;
    });
  }

  public void end() {
    if (points == pointsBefore) {
      out.abandon(2, metric);
      return;
    }
    switch (instrument().kind()) {
      case GAUGE -> {
      }
      case COUNTER -> {
        out.varintField(2, CUMULATIVE);
        out.varintField(3, 1);
      }
      case HISTOGRAM -> out.varintField(2, CUMULATIVE);
    }
    out.close(data);
    out.close(metric);
  }

  public void point(Attributes attributes, long startNanos, long timeNanos, double value) {
    int start = beginPoint(attributes, startNanos, timeNanos);
    out.float64(4, value);
    out.close(start);
  }

  public void point(Attributes attributes, long startNanos, long timeNanos, long value) {
    int start = beginPoint(attributes, startNanos, timeNanos);
    out.fixed64(6, value);
    out.close(start);
  }

  public void histogram(Attributes attributes, long startNanos, long timeNanos,
      ExponentialHistogram histogram) {
    points++;
    int start = out.open(1);
    out.raw(attributes.elsewhere());
    out.fixed64(2, startNanos);
    out.fixed64(3, timeNanos);
    histogram.writeTo(out);
    out.close(start);
  }

  /** One metric with one point without attributes. */
  public void single(Instrument next, long startNanos, long timeNanos, double value) {
    begin(next);
    point(Attributes.NONE, startNanos, timeNanos, value);
    end();
  }

  /** One metric with one point without attributes. */
  public void single(Instrument next, long startNanos, long timeNanos, long value) {
    begin(next);
    point(Attributes.NONE, startNanos, timeNanos, value);
    end();
  }

  /** The number of points written since the last {@link #take}. */
  public int points() {
    return points;
  }

  /** Bytes written since the last {@link #take}. */
  public int sizeBytes() {
    return out.length();
  }

  /** The finished request; the writer is then empty. */
  public byte[] take() {
    byte[] request = out.toByteArray();
    out.clear();
    points = 0;
    return request;
  }

  private int beginPoint(Attributes attributes, long startNanos, long timeNanos) {
    points++;
    int start = out.open(1);
    out.raw(attributes.inNumberPoint());
    if (startNanos != 0) {
      out.fixed64(2, startNanos);
    }
    out.fixed64(3, timeNanos);
    return start;
  }

  private Instrument instrument() {
    if (instrument == null) {
      throw new IllegalStateException("begin(instrument) first");
    }
    return instrument;
  }
}
