/**
 * From the log into the store: one worker thread per owned partition applies records in offset order.
 *
 * <p>Enter through {@link io.throughline.ingest.IngestRole}. Callers: {@code app}. A pure function of the
 * log: nothing here refuses a sample or asks a clock what to do with it, so every replay ends in the same
 * state. Must not know HTTP, queries or what a tenant may do.
 */
@NullMarked
package io.throughline.ingest;

import org.jspecify.annotations.NullMarked;
