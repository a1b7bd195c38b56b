/**
 * OTLP metrics, written by hand on the plain JDK, and sent over HTTP with a bounded buffer and spool.
 *
 * <p>Enter through {@code OtlpWriter} (encode), {@code ExponentialHistogram} (measure) and {@code
 * Outbox} (deliver). Callers: the node agent, the sidecar, the demo's services. It must not know what
 * is measured, and uses nothing but {@code java.base}: it is on every machine, in every small process.
 */
@NullMarked
package io.throughline.agent.otlp;

import org.jspecify.annotations.NullMarked;
