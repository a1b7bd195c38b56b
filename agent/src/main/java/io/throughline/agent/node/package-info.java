/**
 * The node agent: reads the host, its containers and named processes each second and sends OTLP.
 *
 * <p>Enter through {@code NodeAgent}. Callers: the command line, and {@code up}, which starts it as a
 * small process of its own. Plain JDK and {@code agent.otlp}, nothing else: it runs on every machine and must
 * fit in a corner of it. It knows /proc and cgroups; it must not know services, stores or HTTP servers.
 * Names and units of all it sends: {@code docs/reference/telemetry.md}.
 */
@NullMarked
package io.throughline.agent.node;

import org.jspecify.annotations.NullMarked;
