/**
 * Prometheus' HTTP API.
 *
 * <p>Enter through {@code PrometheusApi.mount}. The event loop reads parameters and hands over; a bounded pool of platform
 * threads evaluates and writes the reply, gzipped there where it is long. Callers: {@code QueryRole}. {@code ReadExchange} is
 * the other end, for who asks a running installation. Nothing here knows how samples are stored.
 */
@NullMarked
package io.throughline.query.api;

import org.jspecify.annotations.NullMarked;
