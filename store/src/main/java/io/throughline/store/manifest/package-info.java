/**
 * A shard's truth on disk: which files count and how far the log is in them.
 *
 * <p>Enter through {@link io.throughline.store.manifest.Manifest}. Caller: the shard.
 */
@NullMarked
package io.throughline.store.manifest;

import org.jspecify.annotations.NullMarked;
