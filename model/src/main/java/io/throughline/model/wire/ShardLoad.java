package io.throughline.model.wire;

import io.throughline.model.Failure;
import io.throughline.model.Tenant;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * What a shard tells collectors of the series it holds, in the compacted topic {@code admission}, about once a second
 * while it changes.
 *
 * <pre>
 * key
 *   byte    1 = load, 2 = a piece of the filter
 *   varint  partition
 *   varint  piece, of a filter only
 * value of a load
 *   byte    version, 1
 *   long    node: drawn by a process at its start, little-endian
 *   varint  series all shards of the node may hold together, 0 = no bound
 *   varint  pieces of this shard's filter, 0 = it has none
 *   varint  tenants
 *   per tenant: varint length, its id in UTF-8; varint series in this shard
 * value of a piece
 *   byte    version, 1
 *   bytes   {@value SeriesFilter#PIECE_BYTES} of it
 * </pre>
 *
 * @param series by tenant
 */
public record ShardLoad(int partition, long node, long budget, int filterPieces,
    Map<Tenant, Long> series) {
  private static final byte LOAD = 1;
  private static final byte PIECE = 2;
  private static final byte VERSION = 1;
  private static final int MAX_TENANTS = 1_000_000;

  /** What a key says: a load, or a piece of a filter. */
  public record Key(int partition, boolean isPiece, int piece) {}

  public static byte[] key(int partition) {
    var out = new ByteWriter();
    out.put(LOAD);
    out.putVarint(partition);
    return out.toArray();
  }

  public static byte[] pieceKey(int partition, int piece) {
    var out = new ByteWriter();
    out.put(PIECE);
    out.putVarint(partition);
    out.putVarint(piece);
    return out.toArray();
  }

  /** @throws Failure CORRUPT where it is none */
  public static Key readKey(byte[] key) {
    var in = new ByteReader("a key of topic admission");
    in.reset(key, 0, key.length);
    int kind = in.get();
    int partition = in.getCount("partition", 1 << 20);
    return switch (kind) {
      case LOAD -> new Key(partition, false, 0);
      case PIECE -> new Key(partition, true, in.getCount("piece", SeriesFilter.MAX_PIECES - 1));
      default ->
        throw Failure.corrupt("a key of topic admission begins with " + kind + ", want 1 or 2");
    };
  }

  public static byte[] pieceValue(byte[] piece) {
    var value = new byte[1 + piece.length];
    value[0] = VERSION;
    System.arraycopy(piece, 0, value, 1, piece.length);
    return value;
  }

  /** @throws Failure CORRUPT where it is none */
  public static byte[] readPiece(byte[] value) {
    if (value.length != 1 + SeriesFilter.PIECE_BYTES || value[0] != VERSION) {
      throw Failure.corrupt("a piece of a filter has " + value.length + " bytes, want "
          + (1 + SeriesFilter.PIECE_BYTES) + " beginning with " + VERSION);
    }
    return Arrays.copyOfRange(value, 1, value.length);
  }

  public byte[] value() {
    var out = new ByteWriter();
    out.put(VERSION);
    out.putLong(node);
    out.putVarint(budget);
    out.putVarint(filterPieces);
    out.putVarint(series.size());
    series.forEach((tenant, count) -> {
      var id = tenant.id().getBytes(StandardCharsets.UTF_8);
      out.putVarint(id.length);
      out.putBytes(id, 0, id.length);
      out.putVarint(count);
    });
    return out.toArray();
  }

  /** @throws Failure CORRUPT where it is none */
  public static ShardLoad read(int partition, byte[] value) {
    var in = new ByteReader("a load of a shard");
    in.reset(value, 0, value.length);
    int version = in.get();
    if (version != VERSION) {
      throw Failure.corrupt("a load of version " + version + ", want " + VERSION);
    }
    long node = in.getLong();
    long budget = in.getVarint();
    int pieces = in.getCount("filter pieces", SeriesFilter.MAX_PIECES);
    int tenants = in.getCount("tenants", MAX_TENANTS);
    var series = new LinkedHashMap<Tenant, Long>();
    for (int i = 0; i < tenants; i++) {
      int length = in.getCount("length of a tenant's id", 64);
      in.need(length);
      var id = new byte[length];
      for (int at = 0; at < length; at++) {
        id[at] = (byte) in.get();
      }
      series.put(new Tenant(new String(id, StandardCharsets.UTF_8)), in.getVarint());
    }
    return new ShardLoad(partition, node, budget, pieces, series);
  }
}
