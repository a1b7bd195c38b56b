/**
 * The columnar store as a library: what writers and readers see of it.
 *
 * <p>Enter through {@code Store.open}: it hands out one {@link io.throughline.store.ShardWriter} per
 * partition and a {@link io.throughline.store.Snapshot} to each reader. Callers: {@code ingest}
 * writes, {@code query} reads, {@code app} opens and closes. Nothing here knows Kafka, HTTP or PromQL,
 * so the bytes stay readable by a tool that has none of them.
 */
@NullMarked
package io.throughline.store;

import org.jspecify.annotations.NullMarked;
