package io.throughline.collector;

import io.throughline.model.Failure;
import io.throughline.model.Labels;
import io.throughline.model.MetricType;
import io.throughline.model.SeriesMetadata;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * The strings of one remote write 2.0 request, and the references of one of its series to them. Hot path: allocates nothing
 * once its buffers have grown, as long as labels are not decoded. Reused; not thread-safe.
 */
final class Symbols {
  private byte[] bytes = new byte[0];
  private int[] starts = new int[256];
  private int[] ends = new int[256];
  private int count;
  private int[] references = new int[64];
  private int referenceCount;
  private byte[] gathered = new byte[1024];

  /** Finds the symbols of the request that a cursor is bounded to; its bytes are borrowed until the next call. */
  void read(ProtoCursor in) {
    count = 0;
    bytes = in.bytes;
    while (in.hasMore()) {
      int tag = in.tag();
      if (tag >>> 3 != 4) {
        in.skip(tag & 7);
        continue;
      }
      in.expect(tag & 7, ProtoCursor.BYTES, "symbols");
      int length = in.length();
      if (count == starts.length) {
        starts = Arrays.copyOf(starts, count * 2);
        ends = Arrays.copyOf(ends, count * 2);
      }
      starts[count] = in.position;
      in.position += length;
      ends[count++] = in.position;
    }
    if (count > 0 && ends[0] != starts[0]) {
      throw Failure.user("the first symbol of a 2.0 request must be the empty string, got "
          + (ends[0] - starts[0]) + " bytes");
    }
  }

  /** How many symbols the request has. */
  int count() {
    return count;
  }

  void beginSeries() {
    referenceCount = 0;
  }

  /** Adds a reference of the series: a label's name, then its value, and so on. */
  void addReference(long reference) {
    if (referenceCount == references.length) {
      references = Arrays.copyOf(references, referenceCount * 2);
    }
    references[referenceCount++] = reference < 0 || reference > Integer.MAX_VALUE
        ? Integer.MAX_VALUE
        : (int) reference;
  }

  int referenceCount() {
    return referenceCount;
  }

  /**
   * Puts the strings that the references mean behind each other, each after its length: references are
   * numbers of this request alone, so only the strings can be hashed.
   *
   * @return the number of bytes in {@link #gathered}, or -1 where a reference leads nowhere
   */
  int gather() {
    int size = 0;
    for (int i = 0; i < referenceCount; i++) {
      int symbol = references[i];
      if (symbol >= count) {
        return -1;
      }
      int length = ends[symbol] - starts[symbol];
      if (gathered.length - size < length + 4) {
        gathered = Arrays.copyOf(gathered, Math.max(gathered.length * 2, size + length + 4));
      }
      gathered[size++] = (byte) length;
      gathered[size++] = (byte) (length >>> 8);
      gathered[size++] = (byte) (length >>> 16);
      gathered[size++] = (byte) (length >>> 24);
      System.arraycopy(bytes, starts[symbol], gathered, size, length);
      size += length;
    }
    return size;
  }

  byte[] gathered() {
    return gathered;
  }

  /** The names of the series' labels as they came, one that stands twice too. */
  List<String> names() {
    var names = new ArrayList<String>();
    for (int i = 0; i < referenceCount; i += 2) {
      names.add(text(references[i]));
    }
    return names;
  }

  Labels labels() {
    var builder = new Labels.Builder();
    for (int i = 0; i < referenceCount; i += 2) {
      builder.set(text(references[i]), text(references[i + 1]));
    }
    return builder.build();
  }

  /** The {@code Metadata} that a cursor is bounded to. */
  SeriesMetadata metadata(ProtoCursor in) {
    int type = 0;
    long help = 0;
    long unit = 0;
    while (in.hasMore()) {
      int tag = in.tag();
      switch (tag) {
        case 1 << 3 -> type = (int) in.varint();
        case 3 << 3 -> help = in.varint();
        case 4 << 3 -> unit = in.varint();
        default -> in.skip(tag & 7);
      }
    }
    return new SeriesMetadata(MetricType.ofCode(type), text(unit),
        Admission.abbreviate(text(help)));
  }

  /** What a reference means; "" where it leads nowhere. */
  String text(long reference) {
    if (reference < 0 || reference >= count) {
      return "";
    }
    int at = (int) reference;
    return new String(bytes, starts[at], ends[at] - starts[at], StandardCharsets.UTF_8);
  }
}
