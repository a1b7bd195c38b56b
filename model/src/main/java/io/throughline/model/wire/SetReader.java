package io.throughline.model.wire;

import io.throughline.model.Failure;
import io.throughline.model.MetricType;
import io.throughline.model.SeriesMetadata;
import io.throughline.model.Tenant;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;

/**
 * Reads records that a {@link SetWriter} wrote; the layout stands there. Decoded wholly before any of it
 * can be seen. Reused; not thread-safe.
 */
public final class SetReader {
  /** Against invented sizes: front coding lets few bytes stand for many. */
  private static final int MAX_EXPANDED_BYTES = 8 << 20;

  private final ByteReader in = new ByteReader("series set");
  private final RecordReader.TenantCache tenants = new RecordReader.TenantCache();
  private Tenant tenant = Tenant.DEFAULT;
  private long collectorId;
  private long setNumber;
  private int firstOrdinal;
  private final ArrayList<byte[]> labels = new ArrayList<>();
  private final ArrayList<SeriesMetadata> metadata = new ArrayList<>();

  /**
   * Decodes a record's value.
   *
   * @throws Failure CORRUPT where the bytes are not an addition of this or the previous version
   */
  public void read(byte[] bytes) {
    labels.clear();
    metadata.clear();
    in.reset(bytes, 0, bytes.length);
    RecordReader.readHead(in, SetWriter.MAGIC, SetWriter.VERSION);
    collectorId = in.getLong();
    tenant = tenants.read(in);
    setNumber = in.getVarint();
    firstOrdinal = in.getCount("first ordinal", RecordWriter.MAX_SERIES_PER_SET - 1);
    int count = in.getCount("number of series",
        Math.min(SetWriter.MAX_SERIES, RecordWriter.MAX_SERIES_PER_SET - firstOrdinal));
    var dictionary = readDictionary(count);
    byte[] before = {};
    long expanded = 0;
    for (int i = 0; i < count; i++) {
      int shared = in.getCount("shared label bytes", before.length);
      int rest = in.getCount("label bytes",
          Math.min(in.remaining(), SetWriter.MAX_SERIES_BYTES - shared));
      expanded += shared + rest;
      if (expanded > MAX_EXPANDED_BYTES) {
        throw in.corrupt("labels take more than " + MAX_EXPANDED_BYTES + " bytes");
      }
      var one = Arrays.copyOf(before, shared + rest);
      in.need(rest);
      System.arraycopy(in.bytes, in.position, one, shared, rest);
      in.position += rest;
      metadata.add(dictionary[in.getCount("metadata index", dictionary.length - 1L)]);
      labels.add(one);
      before = one;
    }
    if (in.remaining() > 0) {
      throw in.corrupt(in.remaining() + " bytes follow the last series");
    }
  }

  private SeriesMetadata[] readDictionary(int seriesCount) {
    int size = in.getCount("number of metadata", seriesCount);
    var dictionary = new SeriesMetadata[size];
    for (int i = 0; i < size; i++) {
      var type = MetricType.ofCode(in.get());
      dictionary[i] = new SeriesMetadata(type, readString(), readString());
    }
    return dictionary;
  }

  private String readString() {
    int length = in.getCount("string length", in.remaining());
    in.need(length);
    var text = new String(in.bytes, in.position, length, StandardCharsets.UTF_8);
    in.position += length;
    return text;
  }

  public Tenant tenant() {
    return tenant;
  }

  public long collectorId() {
    return collectorId;
  }

  public long setNumber() {
    return setNumber;
  }

  public int firstOrdinal() {
    return firstOrdinal;
  }

  public int count() {
    return labels.size();
  }

  /** Canonical label bytes of the series with the ordinal {@code firstOrdinal() + index}; the caller's to keep. */
  public byte[] labels(int index) {
    return labels.get(index);
  }

  public SeriesMetadata metadata(int index) {
    return metadata.get(index);
  }
}
