/**
 * What this process measures about itself: the OpenTelemetry SDK behind every role's meters.
 *
 * <p>Enter through {@code SelfTelemetry}. It serves {@code /metrics} and hands its metrics, as OTLP, to
 * whoever takes them in this process. Callers: {@code app}. Must not know Kafka or the store: self-telemetry
 * takes the same way as everybody's.
 */
@NullMarked
package io.throughline.app.telemetry;

import org.jspecify.annotations.NullMarked;
