/**
 * The vocabulary every room shares: labels, tenants, samples, native histograms, errors.
 *
 * <p>Enter through {@link io.throughline.model.Labels}. Everybody may call; nothing here knows Kafka,
 * HTTP, files or threads. What passes between collector and ingest is laid out in
 * {@code io.throughline.model.wire}; which resource a series belongs to is decided in
 * {@code io.throughline.model.identity}; what rewrites or drops a label set is {@code io.throughline.model.relabel}, and
 * {@code io.throughline.model.yaml} reads the files in which users say so.
 */
@NullMarked
package io.throughline.model;

import org.jspecify.annotations.NullMarked;
