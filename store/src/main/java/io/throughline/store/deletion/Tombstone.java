package io.throughline.store.deletion;

import io.throughline.store.LogPosition;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import org.roaringbitmap.RoaringBitmap;

/**
 * One deletion in one shard: the samples of some series in [minTimeMs, maxTimeMs] that the shard had
 * applied when it was asked for. What is applied later stays, whatever its time.
 *
 * @param number grows with each deletion in the shard, from 1 on
 * @param position how far the shard had applied its log; a replay hides the same samples again
 * @param covered whether everything before that position is in parts
 * @param madeMs when it was asked for, epoch milliseconds
 */
public record Tombstone(long number, SeriesIds series, long minTimeMs, long maxTimeMs,
    LogPosition position, boolean covered, long madeMs) {

  /** The same, with everything before its position in parts. */
  public Tombstone asCovered() {
    return covered
        ? this
        : new Tombstone(number, series, minTimeMs, maxTimeMs, position, true, madeMs);
  }

  /** The same, of these series. */
  public Tombstone withSeries(SeriesIds newSeries) {
    return new Tombstone(number, newSeries, minTimeMs, maxTimeMs, position, covered, madeMs);
  }

  /** Ids of series, never changed. */
  public static final class SeriesIds {
    private final RoaringBitmap bitmap;

    private SeriesIds(RoaringBitmap bitmap) {
      this.bitmap = bitmap;
    }

    public static SeriesIds of(int... ids) {
      var bitmap = RoaringBitmap.bitmapOf(ids);
      bitmap.runOptimize();
      return new SeriesIds(bitmap);
    }

    public boolean contains(int id) {
      return bitmap.contains(id);
    }

    /** The ids, ascending. */
    public int[] toArray() {
      return bitmap.toArray();
    }

    /** Roaring's portable serialized form. */
    public byte[] toBytes() {
      var out = new ByteArrayOutputStream();
      try {
        bitmap.serialize(new DataOutputStream(out));
      } catch (IOException impossible) {
        throw new UncheckedIOException(impossible);
      }
      return out.toByteArray();
    }

    /** Throws {@link IndexOutOfBoundsException} where the bytes are not what {@link #toBytes} wrote. */
    public static SeriesIds ofBytes(byte[] bytes) {
      var bitmap = new RoaringBitmap();
      try {
        bitmap.deserialize(new DataInputStream(new ByteArrayInputStream(bytes)));
      } catch (IOException | RuntimeException wrong) {
        throw (IndexOutOfBoundsException) new IndexOutOfBoundsException(
            "ids of series: " + wrong.getMessage()).initCause(wrong);
      }
      return new SeriesIds(bitmap);
    }

    @Override
    public boolean equals(Object other) {
      return other instanceof SeriesIds ids && ids.bitmap.equals(bitmap);
    }

    @Override
    public int hashCode() {
      return bitmap.hashCode();
    }
  }
}
