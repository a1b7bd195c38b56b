/**
 * Making larger parts of smaller ones.
 *
 * <p>Enter through {@link io.throughline.store.compact.Merger}. Caller: the shard. Nothing here decides
 * when; nothing here knows manifests or labels.
 */
@NullMarked
package io.throughline.store.compact;

import org.jspecify.annotations.NullMarked;
