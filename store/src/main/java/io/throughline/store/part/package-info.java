/**
 * Immutable parts on disk: writing, opening, reading.
 *
 * <p>Enter through {@link io.throughline.store.part.Part} and {@link
 * io.throughline.store.part.PartWriter}. Callers: the shard, its snapshots and the merger. Nothing here
 * knows labels, tenants or the log beyond offsets. Byte layouts: {@code FORMAT.md} beside this file.
 */
@NullMarked
package io.throughline.store.part;

import org.jspecify.annotations.NullMarked;
