package io.throughline.agent.otlp;

import java.util.Map;
import java.util.TreeMap;

/**
 * A list of OTLP attributes, encoded once and copied into every request that carries it.
 *
 * <p>Values are strings, or {@code long}s written as OTLP integers. Immutable.
 */
public final class Attributes {

  /** No attributes. */
  public static final Attributes NONE = new Attributes(Map.of());

  // The field number of `attributes` differs between messages, so both forms are kept.
  private static final int NUMBER_POINT_FIELD = 7;
  private static final int OTHER_FIELD = 1;

  private final byte[] inNumberPoint;
  private final byte[] elsewhere;
  private final Map<String, Object> values;

  private Attributes(Map<String, Object> values) {
    this.values = values;
    this.inNumberPoint = encode(values, NUMBER_POINT_FIELD);
    this.elsewhere = encode(values, OTHER_FIELD);
  }

  /** Names and values in turn; a value is a {@code String}, {@code Integer} or {@code Long}. */
  public static Attributes of(Object... namesAndValues) {
    var values = new TreeMap<String, Object>();
    for (int i = 0; i < namesAndValues.length; i += 2) {
      values.put((String) namesAndValues[i], namesAndValues[i + 1]);
    }
    return of(values);
  }

  /** As {@link #of(Object...)}, from a map. */
  public static Attributes of(Map<String, ?> values) {
    return values.isEmpty() && NONE != null ? NONE : new Attributes(new TreeMap<>(values));
  }

  /** These attributes and one more, which replaces one of the same name. */
  public Attributes with(String name, Object value) {
    var more = new TreeMap<>(values);
    more.put(name, value);
    return new Attributes(more);
  }

  /** The value of one attribute in text, or "" where it is absent. */
  public String get(String name) {
    Object value = values.get(name);
    return value == null ? "" : value.toString();
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof Attributes that && values.equals(that.values);
  }

  @Override
  public int hashCode() {
    return values.hashCode();
  }

  @Override
  public String toString() {
    return values.toString();
  }

  byte[] inNumberPoint() {
    return inNumberPoint;
  }

  /** As field 1: resources and histogram points. */
  byte[] elsewhere() {
    return elsewhere;
  }

  private static byte[] encode(Map<String, Object> values, int field) {
    var buffer = new ProtoBuffer(64);
    values.forEach((name, value) -> {
      int keyValue = buffer.open(field);
      buffer.string(1, name);
      int any = buffer.open(2);
      switch (value) {
        case String text -> buffer.string(1, text);
        case Integer number -> buffer.varintField(3, number);
        case Long number -> buffer.varintField(3, number);
        default -> throw new IllegalArgumentException("attribute " + name
            + ": a value is a String, Integer or Long, not " + value.getClass());
      }
      buffer.close(any);
      buffer.close(keyValue);
    });
    return buffer.toByteArray();
  }
}
