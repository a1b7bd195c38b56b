/**
 * What the store asks of a file system, so that a simulator can stand in for it.
 *
 * <p>Enter through {@link io.throughline.store.disk.Disk}. Callers: the packages of the store, nobody
 * else. Nothing here knows what the bytes mean.
 */
@NullMarked
package io.throughline.store.disk;

import org.jspecify.annotations.NullMarked;
