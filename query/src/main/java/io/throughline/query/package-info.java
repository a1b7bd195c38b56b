/**
 * What reads: PromQL and Prometheus' HTTP API, the per-service view, the signal catalogue.
 *
 * <p>Enter through the rooms below; here lies only what they share. Callers: {@code app}, which mounts the
 * routes. Nothing in query writes samples or knows Kafka.
 */
@NullMarked
package io.throughline.query;

import org.jspecify.annotations.NullMarked;
