/**
 * What spans say of requests and calls, as metrics: how often, how fast, how many failed, who calls whom.
 *
 * <p>Enter through {@link io.throughline.collector.spans.SpanSummaries}, which turns an export of spans into one
 * of metrics that then passes the door of metrics like any other. Callers: the collector's doors. Nothing here
 * knows Kafka, HTTP or stored names, and no span is kept.
 */
@NullMarked
package io.throughline.collector.spans;

import org.jspecify.annotations.NullMarked;
