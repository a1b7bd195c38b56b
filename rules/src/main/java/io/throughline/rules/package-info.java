/**
 * Alert rules in a running installation: which files, when they are evaluated, where results, state and notices go.
 *
 * <p>Enter through {@code RulesRole}. Callers: {@code app}, which gives it a store to read, a door for results, a log for
 * state. Nothing here knows Kafka or the collector.
 */
@NullMarked
package io.throughline.rules;

import org.jspecify.annotations.NullMarked;
