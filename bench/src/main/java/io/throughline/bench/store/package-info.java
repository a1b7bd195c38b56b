/**
 * What the store costs: bytes per sample on given data, time per append, memory per series.
 *
 * <p>Enter through {@link io.throughline.bench.store.StoreSizes} (a program) and the JMH benchmarks.
 */
@NullMarked
package io.throughline.bench.store;

import org.jspecify.annotations.NullMarked;
