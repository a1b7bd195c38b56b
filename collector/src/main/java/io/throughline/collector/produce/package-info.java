/**
 * From samples taken in by a door to records acknowledged by Kafka: series sets, group commit, the
 * producer.
 *
 * <p>Enter through {@link io.throughline.collector.produce.KafkaIntake}; doors see it as {@link
 * io.throughline.collector.Intake}. Callers: {@code app} makes it, doors use it. A door's thread only looks
 * series up and hands columns over; encoding and sending is the work of one sender thread; Kafka's own thread
 * completes requests. Nothing here knows HTTP, OTLP or remote write, nor what happens behind Kafka.
 */
@NullMarked
package io.throughline.collector.produce;

import org.jspecify.annotations.NullMarked;
