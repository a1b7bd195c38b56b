/**
 * Evaluation of PromQL, a column at a time: each operator handles one series over all steps of the query.
 *
 * <p>Enter through {@code Engine.run}. An operator pushes finished columns into a {@code Sink}; what can be answered
 * without holding all series (functions, aggregations, comparisons with a number) holds one column at a time. Callers:
 * the HTTP API, rules and tests. Nothing here knows HTTP or threads: one query runs on the caller's thread.
 */
@NullMarked
package io.throughline.query.engine;

import org.jspecify.annotations.NullMarked;
