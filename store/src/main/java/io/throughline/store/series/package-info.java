/**
 * The series a shard knows: labels, ids, metadata, and the search by matchers.
 *
 * <p>Enter through {@link io.throughline.store.series.Registry} and, to search, {@link
 * io.throughline.store.series.DeferredIndex}. Callers: the shard and its snapshots.
 * Nothing here knows samples or parts.
 */
@NullMarked
package io.throughline.store.series;

import org.jspecify.annotations.NullMarked;
