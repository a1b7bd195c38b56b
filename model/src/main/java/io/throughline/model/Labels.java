package io.throughline.model;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/**
 * A series' label set: names are unique and ascending by their UTF-8 bytes, values are never empty,
 * because in PromQL an empty value and a missing label are the same thing.
 *
 * <p>Immutable. Two equal sets have equal {@link #canonicalBytes()}, which are what is hashed, sent
 * and stored:
 *
 * <pre>
 * per label, ascending by name
 *   varint  name length in bytes
 *   bytes   name, UTF-8
 *   varint  value length in bytes
 *   bytes   value, UTF-8
 * </pre>
 */
public final class Labels implements Comparable<Labels> {

  /** The label that holds a series' metric name. */
  public static final String NAME = "__name__";

  /** The label that holds a metric's type where types and units are labels. */
  public static final String TYPE = "__type__";

  /** The label that holds a metric's unit where types and units are labels. */
  public static final String UNIT = "__unit__";

  public static final Labels EMPTY = new Labels(new String[0]);

  /** name 0, value 0, name 1, value 1, … */
  private final String[] pairs;
  private int hash;

  private Labels(String[] pairs) {
    this.pairs = pairs;
  }

  /** Labels from alternating names and values, in any order; the last of a repeated name wins. */
  public static Labels of(String... namesAndValues) {
    if (namesAndValues.length % 2 != 0) {
      throw new IllegalArgumentException(
          "labels need a value for each name, got " + namesAndValues.length + " strings");
    }
    var builder = new Builder();
    for (int i = 0; i < namesAndValues.length; i += 2) {
      builder.set(namesAndValues[i], namesAndValues[i + 1]);
    }
    return builder.build();
  }

  public static Labels of(Map<String, String> labels) {
    var builder = new Builder();
    labels.forEach(builder::set);
    return builder.build();
  }

  /**
   * Labels from alternating names and values that are in order and complete, as those of other labels are: neither names
   * nor values are looked at. Takes the array over.
   */
  public static Labels ofOrdered(String[] namesAndValues) {
    return new Labels(namesAndValues);
  }

  /**
   * Reads what {@link #canonicalBytes()} wrote.
   *
   * @throws IllegalArgumentException if the bytes are not canonical: cut short, out of order,
   *     repeated names or empty values
   */
  public static Labels fromCanonicalBytes(byte[] bytes, int offset, int length) {
    var pairs = new ArrayList<String>(24);
    int position = offset;
    int end = offset + length;
    while (position < end) {
      for (int part = 0; part < 2; part++) {
        int size = 0;
        int shift = 0;
        byte next;
        do {
          if (position >= end || shift > 28) {
            throw new IllegalArgumentException(
                "label bytes end inside a length at byte " + (position - offset) + " of " + length);
          }
          next = bytes[position++];
          size |= (next & 0x7f) << shift;
          shift += 7;
        } while (next < 0);
        if (size < 0 || size > end - position) {
          throw new IllegalArgumentException("label bytes end inside a string at byte "
              + (position - offset) + " of " + length + ": it wants " + size + " bytes");
        }
        pairs.add(new String(bytes, position, size, StandardCharsets.UTF_8));
        position += size;
      }
      int last = pairs.size() - 2;
      if (pairs.get(last + 1).isEmpty()) {
        throw new IllegalArgumentException("label '" + pairs.get(last) + "' has an empty value");
      }
      if (last > 0 && compareUtf8(pairs.get(last - 2), pairs.get(last)) >= 0) {
        throw new IllegalArgumentException("label '" + pairs.get(last) + "' stands after '"
            + pairs.get(last - 2) + "', want ascending names");
      }
    }
    return new Labels(pairs.toArray(String[]::new));
  }

  /** The number of labels. */
  public int size() {
    return pairs.length / 2;
  }

  public boolean isEmpty() {
    return pairs.length == 0;
  }

  public String name(int index) {
    return pairs[2 * index];
  }

  public String value(int index) {
    return pairs[2 * index + 1];
  }

  /** The value of a label, or null where the set lacks it. */
  public @Nullable String get(String name) {
    // Sets have a dozen labels: a scan is faster than a search.
    for (int i = 0; i < pairs.length; i += 2) {
      if (pairs[i].equals(name)) {
        return pairs[i + 1];
      }
    }
    return null;
  }

  /** The value of a label, or "" where the set lacks it, as matchers see it. */
  public String getOrEmpty(String name) {
    var value = get(name);
    return value == null ? "" : value;
  }

  /** The metric name, or "" where there is none. */
  public String metricName() {
    return getOrEmpty(NAME);
  }

  public void forEach(BiConsumer<String, String> action) {
    for (int i = 0; i < pairs.length; i += 2) {
      action.accept(pairs[i], pairs[i + 1]);
    }
  }

  /** The labels in order, as a new map. */
  public Map<String, String> toMap() {
    var map = LinkedHashMap.<String, String>newLinkedHashMap(size());
    forEach(map::put);
    return map;
  }

  /** These labels without the named ones. */
  public Labels without(String... names) {
    var kept = new String[pairs.length];
    int size = 0;
    for (int i = 0; i < pairs.length; i += 2) {
      if (!contains(names, pairs[i])) {
        kept[size++] = pairs[i];
        kept[size++] = pairs[i + 1];
      }
    }
    return size == pairs.length ? this : new Labels(Arrays.copyOf(kept, size));
  }

  private static boolean contains(String[] names, String wanted) {
    for (var name : names) {
      if (name.equals(wanted)) {
        return true;
      }
    }
    return false;
  }

  public Builder toBuilder() {
    var builder = new Builder();
    forEach(builder::set);
    return builder;
  }

  /** A new array with the canonical form of the class doc. */
  public byte[] canonicalBytes() {
    var encoded = new byte[pairs.length][];
    int size = 0;
    for (int i = 0; i < pairs.length; i++) {
      encoded[i] = pairs[i].getBytes(StandardCharsets.UTF_8);
      size += varintSize(encoded[i].length) + encoded[i].length;
    }
    var bytes = new byte[size];
    int position = 0;
    for (var string : encoded) {
      int rest = string.length;
      while (rest >= 0x80) {
        bytes[position++] = (byte) (rest | 0x80);
        rest >>>= 7;
      }
      bytes[position++] = (byte) rest;
      System.arraycopy(string, 0, bytes, position, string.length);
      position += string.length;
    }
    return bytes;
  }

  private static int varintSize(int value) {
    return Math.max(1, (38 - Integer.numberOfLeadingZeros(value)) / 7);
  }

  /** Order by name, value, name, value …, each by UTF-8 bytes; a prefix comes first. */
  @Override
  public int compareTo(Labels other) {
    int shared = Math.min(pairs.length, other.pairs.length);
    for (int i = 0; i < shared; i++) {
      int order = compareUtf8(pairs[i], other.pairs[i]);
      if (order != 0) {
        return order;
      }
    }
    return Integer.compare(pairs.length, other.pairs.length);
  }

  /** Compares as the UTF-8 bytes would; differs from UTF-16 order only where surrogates meet. */
  public static int compareUtf8(String left, String right) {
    int shared = Math.min(left.length(), right.length());
    for (int i = 0; i < shared; i++) {
      char a = left.charAt(i);
      char b = right.charAt(i);
      if (a != b) {
        boolean aSurrogate = Character.isSurrogate(a);
        boolean bSurrogate = Character.isSurrogate(b);
        return aSurrogate == bSurrogate ? Character.compare(a, b) : aSurrogate ? 1 : -1;
      }
    }
    return Integer.compare(left.length(), right.length());
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof Labels labels && Arrays.equals(pairs, labels.pairs);
  }

  @Override
  public int hashCode() {
    if (hash == 0) {
      hash = Arrays.hashCode(pairs);
    }
    return hash;
  }

  /** As PromQL writes it: {@code up{job="a"}}. */
  @Override
  public String toString() {
    var text = new StringBuilder(metricName());
    var open = false;
    for (int i = 0; i < pairs.length; i += 2) {
      if (pairs[i].equals(NAME)) {
        continue;
      }
      text.append(open ? ", " : "{").append(pairs[i]).append("=\"");
      text.append(pairs[i + 1].replace("\\", "\\\\").replace("\"", "\\\"").replace("\n", "\\n"));
      text.append('"');
      open = true;
    }
    if (open) {
      text.append('}');
    } else if (text.isEmpty()) {
      text.append("{}");
    }
    return text.toString();
  }

  /** Gathers labels in any order. An empty value removes the label. Not thread-safe. */
  public static final class Builder {
    private final LinkedHashMap<String, String> values = new LinkedHashMap<>();

    public Builder set(String name, String value) {
      if (value.isEmpty()) {
        values.remove(name);
      } else {
        values.put(name, value);
      }
      return this;
    }

    public Builder remove(String name) {
      values.remove(name);
      return this;
    }

    public @Nullable String get(String name) {
      return values.get(name);
    }

    public Labels build() {
      var names = values.keySet().toArray(String[]::new);
      Arrays.sort(names, Labels::compareUtf8);
      var pairs = new String[2 * names.length];
      for (int i = 0; i < names.length; i++) {
        pairs[2 * i] = names[i];
        pairs[2 * i + 1] = values.getOrDefault(names[i], "");
      }
      return new Labels(pairs);
    }
  }
}
