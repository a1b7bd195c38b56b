/**
 * What runs beside the measured things: the node agent and the sidecar.
 *
 * <p>Enter through {@code node.NodeAgent} and {@code sidecar.Sidecar}; {@code otlp} is how both of
 * them, and every other process of ours that has something to report, write and send telemetry. Nothing
 * here knows the collector beyond OTLP over HTTP: agents run on machines that have nothing else of ours.
 */
@NullMarked
package io.throughline.agent;

import org.jspecify.annotations.NullMarked;
