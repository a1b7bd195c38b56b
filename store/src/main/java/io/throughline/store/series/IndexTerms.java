package io.throughline.store.series;

import com.dynatrace.hash4j.hashing.Hashing;
import io.throughline.model.Tenant;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HexFormat;
import org.apache.lucene.util.BytesRef;

/**
 * The terms of a series' document.
 *
 * <pre>
 * tenant's id, 0xFF                          on each of its documents
 * tenant's id, 0xFF, name, 0xFF, value       for each label
 * </pre>
 *
 * UTF-8 never holds that byte, so no walk over a prefix leaves its tenant or its name. Lucene's terms are bounded: of a
 * longer one the first {@value #MOST_BYTES} bytes stand, then 0xFF and a hash of the whole.
 */
final class IndexTerms {
  static final String FIELD = "p";
  static final int MOST_BYTES = 32_000;
  private static final byte SEPARATOR = (byte) 0xff;

  private IndexTerms() {}

  static byte[] utf8(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  static BytesRef ofTenant(Tenant tenant) {
    var id = utf8(tenant.id());
    var bytes = Arrays.copyOf(id, id.length + 1);
    bytes[id.length] = SEPARATOR;
    return new BytesRef(bytes);
  }

  /** The term of a pair in canonical form. */
  static BytesRef ofPair(Tenant tenant, byte[] pair) {
    int[] at = {0};
    int nameLength = varint(pair, at);
    int nameAt = at[0];
    at[0] += nameLength;
    int valueLength = varint(pair, at);
    return of(tenant, Arrays.copyOfRange(pair, nameAt, nameAt + nameLength),
        Arrays.copyOfRange(pair, at[0], at[0] + valueLength));
  }

  private static int varint(byte[] bytes, int[] at) {
    int value = 0;
    int shift = 0;
    byte next;
    do {
      next = bytes[at[0]++];
      value |= (next & 0x7f) << shift;
      shift += 7;
    } while (next < 0);
    return value;
  }

  /** The term of a label; also, while it is not cut, what the terms of all values begin with that begin so. */
  static BytesRef of(Tenant tenant, byte[] name, byte[] value) {
    var id = utf8(tenant.id());
    var bytes = new byte[id.length + name.length + value.length + 2];
    System.arraycopy(id, 0, bytes, 0, id.length);
    bytes[id.length] = SEPARATOR;
    System.arraycopy(name, 0, bytes, id.length + 1, name.length);
    bytes[id.length + 1 + name.length] = SEPARATOR;
    System.arraycopy(value, 0, bytes, id.length + name.length + 2, value.length);
    if (bytes.length <= MOST_BYTES) {
      return new BytesRef(bytes);
    }
    var hash = Hashing.murmur3_128().hashBytesTo128Bits(bytes);
    var ending = HexFormat.of().formatHex(hash.toByteArray()).getBytes(StandardCharsets.US_ASCII);
    var cut = Arrays.copyOf(bytes, MOST_BYTES + 1 + ending.length);
    cut[MOST_BYTES] = SEPARATOR;
    System.arraycopy(ending, 0, cut, MOST_BYTES + 1, ending.length);
    return new BytesRef(cut);
  }
}
