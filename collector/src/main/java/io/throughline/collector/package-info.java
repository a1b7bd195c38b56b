/**
 * The doors for telemetry: OTLP over gRPC and HTTP and Prometheus remote write come in, records for
 * Kafka go out.
 *
 * <p>Enter through {@code CollectorRole}. A door decodes a request and offers its series and samples
 * to an {@link io.throughline.collector.Intake}; the intake turns them into records and answers once
 * Kafka has acknowledged all of them. Whatever can refuse a sample does so here: what comes after Kafka
 * refuses nothing. Callers: {@code app}. Must not know the store or queries.
 */
@NullMarked
package io.throughline.collector;

import org.jspecify.annotations.NullMarked;
