/**
 * What queries cost: time, allocation and samples read, over a real store in this process.
 *
 * <p>Enter through {@link io.throughline.bench.query.QueryCost} (a program).
 */
@NullMarked
package io.throughline.bench.query;

import org.jspecify.annotations.NullMarked;
