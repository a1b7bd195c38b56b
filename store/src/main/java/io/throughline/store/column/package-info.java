/**
 * Encodings of one column: times, values, histograms. Every one gives back the same 64 bits.
 *
 * <p>Enter through {@link io.throughline.store.column.ValueColumn}, {@link
 * io.throughline.store.column.LongColumn} and {@link io.throughline.store.column.HistogramColumn}.
 * Callers: parts and the registry's files. Nothing here knows files, series or labels.
 */
@NullMarked
package io.throughline.store.column;

import org.jspecify.annotations.NullMarked;
