package io.throughline.model;

import com.dynatrace.hash4j.hashing.Hasher32;
import com.dynatrace.hash4j.hashing.Hashing;

/**
 * Which partition a series belongs to: a function of its tenant and stored labels alone, so every
 * collector, whichever door a sample came through, sends it to the same log.
 *
 * <p>The key is {@code job}+{@code instance}; else {@code job} and the first present of {@code pod,
 * node, container_id, host_name}; else all labels. Series of one target therefore lie together.
 * Changing this function moves series between shards: it is part of the formats.
 */
public final class Partitioning {

  private static final String[] TARGET_LABELS = {"pod", "node", "container_id", "host_name"};
  private static final Hasher32 HASH = Hashing.murmur3_32();

  private Partitioning() {}

  /** The partition, from 0 to {@code partitionCount} - 1. */
  public static int partition(Tenant tenant, Labels labels, int partitionCount) {
    return Math.floorMod(HASH.hashCharsToInt(tenant.id() + '\u0000' + key(labels)), partitionCount);
  }

  private static String key(Labels labels) {
    var job = labels.get("job");
    var instance = labels.get("instance");
    if (job != null && instance != null) {
      return job + '\u0000' + instance;
    }
    if (job != null) {
      for (var name : TARGET_LABELS) {
        var value = labels.get(name);
        if (value != null) {
          return job + '\u0000' + value;
        }
      }
    }
    return labels.toString();
  }
}
