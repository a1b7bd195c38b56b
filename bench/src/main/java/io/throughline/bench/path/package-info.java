/**
 * What the way of a sample from a collector's door through Kafka to a shard's writer costs.
 *
 * <p>Enter through the mains and benchmarks: {@link io.throughline.bench.path.PathCost} measures the whole way
 * over a real broker, {@link io.throughline.bench.path.RecordBenchmark} the record's encoding alone. Nobody calls
 * this package.
 */
@NullMarked
package io.throughline.bench.path;

import org.jspecify.annotations.NullMarked;
