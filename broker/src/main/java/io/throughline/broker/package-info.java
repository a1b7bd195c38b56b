/**
 * A real Apache Kafka broker inside our process, and the topics Throughline uses.
 *
 * <p>Enter through {@link io.throughline.broker.EmbeddedBroker} and {@link
 * io.throughline.broker.Topics}. Callers: {@code app}, and tests through {@code testkit}. Kafka's
 * server classes are internal to Kafka and appear nowhere else. Nothing here knows samples.
 */
@NullMarked
package io.throughline.broker;

import org.jspecify.annotations.NullMarked;
