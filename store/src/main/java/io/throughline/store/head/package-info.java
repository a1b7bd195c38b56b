/**
 * The newest samples of a shard, in memory, in the order they came.
 *
 * <p>Enter through {@link io.throughline.store.head.Head}. Callers: the shard's writer appends, its
 * snapshots read. Nothing here knows labels, files or the log.
 */
@NullMarked
package io.throughline.store.head;

import org.jspecify.annotations.NullMarked;
