/**
 * The per-service view: what the pane draws, joined over services, containers, processes and nodes.
 *
 * <p>Enter through {@link io.throughline.query.view.ViewApi}. A request becomes a <em>scope</em> (the
 * entities a page is about, from the entity graph), the scope's signals become columns (a small
 * evaluator that reads the store's series directly), columns become strips. Callers: {@code app} mounts
 * it. Nothing here evaluates PromQL, whose lookback would draw a silent signal alive; the doctor of
 * expressions parses it. Nothing here writes.
 */
@NullMarked
package io.throughline.query.view;

import org.jspecify.annotations.NullMarked;
