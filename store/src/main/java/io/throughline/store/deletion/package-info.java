/**
 * What was deleted by matchers and time, as long as its bytes are still in some file or in the log.
 *
 * <p>Enter through {@link io.throughline.store.deletion.Deletions}. Callers: the shard, its snapshots, its
 * upkeep and the manifest. Nothing here knows labels: matchers became series ids when the deletion was
 * asked for.
 */
@NullMarked
package io.throughline.store.deletion;

import org.jspecify.annotations.NullMarked;
