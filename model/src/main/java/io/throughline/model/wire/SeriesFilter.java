package io.throughline.model.wire;

import io.throughline.model.Fingerprint;
import java.util.Arrays;
import java.util.BitSet;

/**
 * Which series a shard knows, by fingerprint: a Bloom filter in pieces of {@value #PIECE_BYTES} bytes, so that what has
 * changed can be sent alone. A series that is known is never missed; of those that are not, about one in 1,500 passes.
 *
 * <p>A series sets {@value #PROBES} bits of one piece, so a piece can be asked as soon as it has come. Not thread-safe.
 */
public final class SeriesFilter {
  /** Of one piece, in bytes. */
  public static final int PIECE_BYTES = 32 << 10;
  /** Enough for a hundred million series. */
  public static final int MAX_PIECES = 1 << 13;
  private static final int PROBES = 10;
  private static final int BITS_PER_SERIES = 16;

  private final byte[][] pieces;
  private final BitSet changed = new BitSet();

  /** A filter of empty pieces. */
  public SeriesFilter(int pieceCount) {
    if (pieceCount < 1 || pieceCount > MAX_PIECES) {
      throw new IllegalArgumentException(
          "a filter of " + pieceCount + " pieces, want 1 to " + MAX_PIECES);
    }
    pieces = new byte[pieceCount][];
    Arrays.setAll(pieces, _ -> new byte[PIECE_BYTES]);
    changed.set(0, pieceCount);
  }

  /** A filter that knows every series, until pieces are put into it. */
  public static SeriesFilter ofAll(int pieceCount) {
    var filter = new SeriesFilter(pieceCount);
    Arrays.fill(filter.pieces[0], (byte) 0xff);
    Arrays.fill(filter.pieces, filter.pieces[0]);
    return filter;
  }

  /** How many pieces that many series want. */
  public static int piecesFor(long series) {
    return (int) Math.clamp((series * BITS_PER_SERIES / 8 + PIECE_BYTES - 1) / PIECE_BYTES, 1,
        MAX_PIECES);
  }

  public int pieceCount() {
    return pieces.length;
  }

  public void add(Fingerprint series) {
    int at = pieceOf(series);
    var piece = pieces[at];
    boolean news = false;
    for (int i = 0; i < PROBES; i++) {
      int bit = bit(series, i);
      int before = piece[bit >>> 3];
      piece[bit >>> 3] = (byte) (before | 1 << (bit & 7));
      news |= piece[bit >>> 3] != before;
    }
    if (news) {
      changed.set(at);
    }
  }

  public boolean contains(Fingerprint series) {
    var piece = pieces[pieceOf(series)];
    for (int i = 0; i < PROBES; i++) {
      int bit = bit(series, i);
      if ((piece[bit >>> 3] & 1 << (bit & 7)) == 0) {
        return false;
      }
    }
    return true;
  }

  private int pieceOf(Fingerprint series) {
    return (int) Long.remainderUnsigned(series.high() >>> 17, pieces.length);
  }

  /** Two halves of the fingerprint make all probes, as Kirsch and Mitzenmacher have shown to be enough. */
  private static int bit(Fingerprint series, int probe) {
    long hash = series.low() + probe * (series.high() | 1);
    return (int) (hash >>> 40) & PIECE_BYTES * 8 - 1;
  }

  /** Has {@link #takeChanged} go over all pieces again. */
  public void changeAll() {
    changed.set(0, pieces.length);
  }

  /** A piece that has changed since it was taken by this method, or -1. */
  public int takeChanged() {
    int at = changed.nextSetBit(0);
    if (at >= 0) {
      changed.clear(at);
    }
    return at;
  }

  /** The bytes of a piece, not a copy. */
  public byte[] piece(int at) {
    return pieces[at];
  }

  /** Puts a piece in the place of another; the filter keeps the array. */
  public void put(int at, byte[] piece) {
    if (piece.length != PIECE_BYTES) {
      throw new IllegalArgumentException(
          "a piece of " + piece.length + " bytes, want " + PIECE_BYTES);
    }
    pieces[at] = piece;
  }
}
