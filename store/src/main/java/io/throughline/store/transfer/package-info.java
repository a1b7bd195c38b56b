/**
 * Bringing in what others wrote: blocks of Prometheus and OpenMetrics text.
 *
 * <p>Enter through {@link io.throughline.store.transfer.PrometheusBlock} and {@link
 * io.throughline.store.transfer.OpenMetricsFile}. Caller: whoever offers an import; it says where the samples
 * go by an {@link io.throughline.store.transfer.ImportTarget}. Nothing here knows shards or parts.
 */
@NullMarked
package io.throughline.store.transfer;

import org.jspecify.annotations.NullMarked;
