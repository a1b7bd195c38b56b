package io.throughline.query.catalogue;

import io.throughline.model.Labels;
import io.throughline.model.identity.Entity;
import io.throughline.model.identity.EntityFacts;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One metric of one source that is a signal.
 *
 * @param signal the canonical signal's name
 * @param source who sends it; one call reported by two sources is counted from the better ranked alone
 * @param rank 0 for the best source
 * @param metric the stored metric name; of a histogram without its suffixes
 * @param conditions what the other labels must be
 * @param id how the entity's id is made of labels; null where it is the service of the scraped target
 * @param scale multiplies values (and bucket bounds) into the signal's unit
 * @param classLabels labels of which the first present names a part: a status class, a CPU mode, a
 *     direction
 * @param peer of a call, how the other side's id is made of labels; it is the part then
 * @param least smaller values mean that there is none; negative infinity where all values count
 * @param errors a sample counts as an error if one of these holds
 */
public record Mapping(String signal, Entity.Kind entity, String source, int rank, String metric,
    List<Condition> conditions, @Nullable Template id, double scale, List<String> classLabels,
    @Nullable Template peer, double least, List<Condition> errors) {

  /** Which of a metric's series one is. */
  public enum Part {
    VALUE,
    BUCKET,
    COUNT,
    SUM
  }

  public Mapping {
    conditions = List.copyOf(conditions);
    classLabels = List.copyOf(classLabels);
    errors = List.copyOf(errors);
  }

  /** Whether a series with the right name is this signal. */
  public boolean matches(Labels labels) {
    for (var condition : conditions) {
      if (!condition.matches(labels)) {
        return false;
      }
    }
    return true;
  }

  /** What the series is about, or null where its labels do not say. */
  public @Nullable Entity entityOf(Labels labels) {
    if (id == null) {
      var service = EntityFacts.serviceOfTarget(labels);
      return service == null ? null : Entity.service(service);
    }
    var value = id.fill(labels);
    return value == null ? null : new Entity(entity, value);
  }

  /** Whether the entity is the service that the scraped target belongs to. */
  public boolean ofTarget() {
    return id == null || id.namesTarget();
  }

  /** The part a series stands for: {@code 2xx} for status 204, {@code user} for a CPU mode, or "". */
  public String classOf(Labels labels) {
    if (peer != null) {
      var other = peer.fill(labels);
      return other == null ? "" : other;
    }
    for (var label : classLabels) {
      var value = labels.get(label);
      if (value != null) {
        return isStatus(value) ? value.charAt(0) + "xx" : value;
      }
    }
    return "";
  }

  private static boolean isStatus(String value) {
    return value.length() == 3 && value.charAt(0) >= '1' && value.charAt(0) <= '5'
        && Character.isDigit(value.charAt(1)) && Character.isDigit(value.charAt(2));
  }

  public boolean isError(Labels labels) {
    for (var error : errors) {
      if (error.matches(labels)) {
        return true;
      }
    }
    return false;
  }
}
