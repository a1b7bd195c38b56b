/**
 * What the engine reads from.
 *
 * <p>Enter through {@code SampleSource}: {@code SnapshotSource} reads the store as one tenant, {@code MemorySource} holds
 * samples in plain lists, as an oracle and for tests. Callers: the engine and who starts a query. Nothing here knows the
 * language.
 */
@NullMarked
package io.throughline.query.source;

import org.jspecify.annotations.NullMarked;
