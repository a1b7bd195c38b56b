package io.throughline.model.identity;

/**
 * One statement about two entities.
 *
 * @param source what says so, as {@code metric.label}: what a user looks for when it is wrong
 */
public record Fact(Entity from, Relation relation, Entity to, String source) {

  @Override
  public String toString() {
    return from + " " + relation + " " + to + " (" + source + ")";
  }
}
