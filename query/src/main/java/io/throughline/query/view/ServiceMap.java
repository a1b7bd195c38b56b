package io.throughline.query.view;

import io.throughline.model.identity.Entity;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Services, the nodes under them, and the calls between them.
 *
 * @param focus the service in the middle, or null for a map of all
 * @param edges calls between items
 * @param places which service runs on which node
 * @param folded what is not drawn, so that what is drawn can be read
 */
record ServiceMap(long atMs, @Nullable Entity focus, List<Item> items, List<Edges.Edge> edges,
    List<Place> places, List<Folded> folded) {

  /**
   * One service or node.
   *
   * @param layer from left to right: callers before the focus have -1, the focus 0, callees 1, nodes 2; on
   *     a map of all, how many calls away from who nobody calls
   * @param outside whether nothing but calls to it is known
   * @param row its state, or null where it has none
   */
  record Item(Entity entity, String name, int layer, boolean outside, Overview.@Nullable Row row) {}

  record Place(Entity service, Entity node) {}

  /** @param rate calls a second that go to or come from what is folded; NaN where not measured */
  record Folded(String kind, int layer, int count, double rate) {}
}
