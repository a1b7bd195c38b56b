/**
 * What passes through Kafka between a collector and ingest: records of samples, and the series sets
 * that give their ordinals labels.
 *
 * <p>Enter through {@link io.throughline.model.wire.RecordWriter} and {@link
 * io.throughline.model.wire.SetWriter}, whose class docs are the byte layouts; the readers share their
 * constants. Callers: the collector's producer writes, ingest's shard worker reads. Nothing here knows
 * Kafka's client, threads or time. Versions: a writer writes the newest version, a reader reads that and
 * the one before; the version is a byte of its own, so a reader that is too old says so.
 */
@NullMarked
package io.throughline.model.wire;

import org.jspecify.annotations.NullMarked;
