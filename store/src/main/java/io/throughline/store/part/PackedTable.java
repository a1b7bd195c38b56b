package io.throughline.store.part;

import io.throughline.store.column.ByteSink;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/**
 * A table of whole numbers, packed by column in groups of {@value #GROUP} rows, readable at any row.
 *
 * <pre>
 * int    rows
 * int    columns
 * per group: int byte offset from the first group
 * per group:
 *   per column: byte width 0..64, 8 bytes base
 *   per column: (value - base) of each row, width bits, lowest bit first, ⌈rows·width/8⌉ bytes
 * 16 zero bytes
 * </pre>
 */
final class PackedTable {
  static final int GROUP_BITS = 8;
  static final int GROUP = 1 << GROUP_BITS;
  private static final int COLUMN_HEADER = 9;
  private static final int SLACK = 16;
  private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG_UNALIGNED
      .withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT_UNALIGNED
      .withOrder(ByteOrder.LITTLE_ENDIAN);

  private final MemorySegment bytes;
  private final long index;
  private final long groups;
  private final int rows;
  private final int columns;

  PackedTable(MemorySegment bytes, long byteOffset, int wantColumns) {
    this.bytes = bytes;
    rows = bytes.get(INT, byteOffset);
    columns = bytes.get(INT, byteOffset + 4);
    if (rows < 0 || columns != wantColumns) {
      throw new IndexOutOfBoundsException(
          "a table has " + rows + " rows and " + columns + " columns");
    }
    index = byteOffset + 8;
    groups = index + 4L * (rows + GROUP - 1 >>> GROUP_BITS);
  }

  int rows() {
    return rows;
  }

  long get(int row, int column) {
    if (row < 0 || row >= rows) {
      throw new IndexOutOfBoundsException("row " + row + " of " + rows);
    }
    int group = row >>> GROUP_BITS;
    long at = groupAt(group);
    long data = columnAt(at, inGroup(group), column);
    int width = bytes.get(ValueLayout.JAVA_BYTE, at + column * COLUMN_HEADER) & 0x7f;
    long base = bytes.get(LONG, at + column * COLUMN_HEADER + 1);
    if (width == 0) {
      return base;
    }
    return base + unpack(data, (row & GROUP - 1) * width, width);
  }

  /**
   * Reads one column of a group of {@value #GROUP} rows.
   *
   * @return the number of rows in the group
   */
  int column(int group, int column, long[] into) {
    int inGroup = inGroup(group);
    long at = groupAt(group);
    long data = columnAt(at, inGroup, column);
    int width = bytes.get(ValueLayout.JAVA_BYTE, at + column * COLUMN_HEADER) & 0x7f;
    long base = bytes.get(LONG, at + column * COLUMN_HEADER + 1);
    for (int row = 0; row < inGroup; row++) {
      into[row] = width == 0 ? base : base + unpack(data, row * width, width);
    }
    return inGroup;
  }

  private int inGroup(int group) {
    return Math.min(GROUP, rows - (group << GROUP_BITS));
  }

  private long groupAt(int group) {
    return groups + (bytes.get(INT, index + 4L * group) & 0xffffffffL);
  }

  /** Where the packed values of a column of a group begin. */
  private long columnAt(long groupAt, int inGroup, int column) {
    long data = groupAt + (long) columns * COLUMN_HEADER;
    for (int i = 0; i < column; i++) {
      data += inGroup * (bytes.get(ValueLayout.JAVA_BYTE, groupAt + i * COLUMN_HEADER) & 0x7f)
          + 7 >>> 3;
    }
    return data;
  }

  int groups() {
    return rows + GROUP - 1 >>> GROUP_BITS;
  }

  private long unpack(long data, int bit, int width) {
    long byteAt = data + (bit >>> 3);
    int shift = bit & 7;
    long value = bytes.get(LONG, byteAt) >>> shift;
    if (shift + width > 64) {
      value |= bytes.get(LONG, byteAt + 8) << (64 - shift);
    }
    return value & -1L >>> (64 - width);
  }

  /** Gathers rows; {@link #writeTo} ends it. */
  static final class Writer {
    private final int columns;
    private final long[][] group;
    private final ByteSink index = new ByteSink(64);
    private final ByteSink body = new ByteSink(1024);
    private int rows;

    Writer(int columns) {
      this.columns = columns;
      group = new long[columns][GROUP];
    }

    int rows() {
      return rows;
    }

    void add(long... row) {
      int at = rows & GROUP - 1;
      for (int i = 0; i < columns; i++) {
        group[i][at] = row[i];
      }
      rows++;
      if (at == GROUP - 1) {
        endGroup(GROUP);
      }
    }

    private void endGroup(int size) {
      index.putInt(body.size());
      var widths = new int[columns];
      var bases = new long[columns];
      for (int i = 0; i < columns; i++) {
        long min = Long.MAX_VALUE;
        long max = Long.MIN_VALUE;
        for (int row = 0; row < size; row++) {
          min = Math.min(min, group[i][row]);
          max = Math.max(max, group[i][row]);
        }
        widths[i] = 64 - Long.numberOfLeadingZeros(max - min);
        bases[i] = min;
        body.putByte(widths[i]);
        body.putLong(min);
      }
      for (int i = 0; i < columns; i++) {
        int width = widths[i];
        long pending = 0;
        int pendingBits = 0;
        for (int row = 0; row < size && width > 0; row++) {
          long value = group[i][row] - bases[i];
          for (int left = width; left > 0;) {
            int taken = Math.min(8 - pendingBits, left);
            pending |= (value & (1L << taken) - 1) << pendingBits;
            value >>>= taken;
            pendingBits += taken;
            left -= taken;
            if (pendingBits == 8) {
              body.putByte((int) pending);
              pending = 0;
              pendingBits = 0;
            }
          }
        }
        if (pendingBits > 0) {
          body.putByte((int) pending);
        }
      }
    }

    void writeTo(ByteSink out) {
      if ((rows & GROUP - 1) != 0) {
        endGroup(rows & GROUP - 1);
      }
      out.putInt(rows);
      out.putInt(columns);
      out.putAll(index);
      out.putAll(body);
      out.putZeros(SLACK);
    }
  }
}
