package io.throughline.query.view;

import io.throughline.model.identity.Entity;
import java.util.Locale;

/**
 * Something about a service that is not as it was: a limit, a version, a number of copies.
 *
 * @param atMs the first sample that shows it
 * @param kind {@code limit}, {@code request}, {@code size}, {@code replicas}, {@code version}, {@code image}, {@code restart},
 *     {@code out-of-memory}, {@code machine}
 * @param name what changed, in words
 * @param from as it was, {@code none} where it had none; to likewise
 * @param count how many instances, containers or workloads show it
 * @param source the metric and who sends it
 */
record Change(long atMs, String kind, String name, String from, String to, Entity entity, int count,
    String source) {

  String text() {
    return name + " " + from + " → " + to
        + (count > 1
            ? " (" + count + " " + entity.kind().name().toLowerCase(Locale.ROOT) + "s)"
            : "");
  }

  /** Whether another is the same turn of the same knob, seen at another instance. */
  boolean isSameAs(Change other) {
    return name.equals(other.name) && from.equals(other.from) && to.equals(other.to);
  }

  Change seenAgain() {
    return new Change(atMs, kind, name, from, to, entity, count + 1, source);
  }
}
