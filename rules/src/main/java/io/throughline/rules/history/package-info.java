/**
 * Changes of alerts and the index in which they are found again.
 *
 * <p>Enter through {@code AlertHistory}. Callers: {@code RulesRole}, {@code AlertsApi}. Nothing here evaluates; the index is made from the
 * state log's history alone and may be deleted at any time.
 */
@NullMarked
package io.throughline.rules.history;

import org.jspecify.annotations.NullMarked;
