/**
 * The sidecar: a reverse proxy in front of one service that measures what its users wait for.
 *
 * <p>Enter through {@code Sidecar}. Callers: the command line and the demo. It passes requests on
 * unchanged and reports latency, queueing, failures and callers as OTLP. It knows HTTP (Vert.x) and how to find
 * the process behind a port; it must not know what the service does, nor where telemetry is stored.
 */
@NullMarked
package io.throughline.agent.sidecar;

import org.jspecify.annotations.NullMarked;
