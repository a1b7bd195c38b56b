/**
 * Evaluation: a group's rules at one moment, and what an alert remembers from one moment to the next.
 *
 * <p>Enter through {@code GroupEvaluation}. Callers: the schedule of a running installation, the unit tests of rule files,
 * back-tests. Nothing here reads a clock, knows when it is called, or where results and state go.
 */
@NullMarked
package io.throughline.rules.group;

import org.jspecify.annotations.NullMarked;
