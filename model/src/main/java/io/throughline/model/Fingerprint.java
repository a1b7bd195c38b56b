package io.throughline.model;

import com.dynatrace.hash4j.hashing.Hasher128;
import com.dynatrace.hash4j.hashing.Hashing;
import java.nio.charset.StandardCharsets;

/**
 * 128 bits of a tenant's canonical label bytes: what finds a series without comparing its labels.
 *
 * <p>Murmur3 x64 128, seeded with the hash of the tenant's id, so equal labels of two tenants differ.
 * The value is stored and sent: the function is part of the formats and never changes.
 */
public record Fingerprint(long high, long low) {

  private static final Hasher128 TENANT_HASH = Hashing.murmur3_128();

  public static Fingerprint of(Tenant tenant, Labels labels) {
    var bytes = labels.canonicalBytes();
    return of(seed(tenant), bytes, 0, bytes.length);
  }

  /** The seed for {@link #of(int, byte[], int, int)}; callers keep it per tenant. */
  public static int seed(Tenant tenant) {
    return (int) TENANT_HASH.hashBytesToLong(tenant.id().getBytes(StandardCharsets.UTF_8));
  }

  /** The fingerprint of canonical label bytes. */
  public static Fingerprint of(int seed, byte[] bytes, int offset, int length) {
    var hash = Hashing.murmur3_128(seed).hashBytesTo128Bits(bytes, offset, length);
    return new Fingerprint(hash.getMostSignificantBits(), hash.getLeastSignificantBits());
  }
}
