/**
 * Commands that move samples in and out as files: import of what other systems wrote, snapshots and their restore.
 *
 * <p>Enter through the commands, which {@code Main} lists. An import writes through the collector's door of a running
 * Throughline; a restore writes a data directory that no process has open. Nothing here knows Kafka.
 */
@NullMarked
package io.throughline.app.transfer;

import org.jspecify.annotations.NullMarked;
