/**
 * What rules are given by the installation: the door for their results, and in Kafka who owns them, what they remember and
 * what has changed.
 *
 * <p>Enter through {@code RuleResults}, {@code SoleRuleState} or {@code SharedRuleState}. Callers: {@code Installation}. Nothing here
 * evaluates or notifies.
 */
@NullMarked
package io.throughline.app.rules;

import org.jspecify.annotations.NullMarked;
