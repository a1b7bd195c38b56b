package io.throughline.query.view;

import java.util.LinkedHashSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A host's address and who has it: how a target joins whose labels name no pod and no node. An address that
 * several pods had (they are given out again, and clusters may share a range) stands for none of them. Guarded
 * by its graph's lock.
 */
final class Address {
  private final Set<EntityRecord> pods = new LinkedHashSet<>(2);
  private final Set<EntityRecord> nodes = new LinkedHashSet<>(2);
  private final Set<EntityRecord> instances = new LinkedHashSet<>(2);

  void ofInstance(EntityRecord instance) {
    instances.add(instance);
    instance.reachedAt(this);
  }

  /** Copies that were scraped there and say nothing of where they run. */
  Set<EntityRecord> instances() {
    var current = new LinkedHashSet<EntityRecord>();
    instances.forEach(instance -> current.add(instance.current()));
    return current;
  }

  void ofPod(EntityRecord pod) {
    pods.add(pod);
    pod.reachedAt(this);
  }

  void ofNode(EntityRecord node) {
    nodes.add(node);
    node.reachedAt(this);
  }

  @Nullable
  EntityRecord pod() {
    return only(pods);
  }

  @Nullable
  EntityRecord node() {
    return only(nodes);
  }

  private static @Nullable EntityRecord only(Set<EntityRecord> records) {
    EntityRecord only = null;
    for (var record : records) {
      var current = record.current();
      if (only != null && only != current) {
        return null;
      }
      only = current;
    }
    return only;
  }
}
