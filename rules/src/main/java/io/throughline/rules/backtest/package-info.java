/**
 * Back-tests: when rules would have fired over a stretch of the past, and how well that fits the burning of budgets.
 *
 * <p>Enter through {@code Backtest}; {@code ApiSource} reads the past of a running installation and says what of it was not
 * stored, {@code ReportText} writes what was found. Callers: {@code rules backtest}. Nothing here writes or notifies.
 */
@NullMarked
package io.throughline.rules.backtest;

import org.jspecify.annotations.NullMarked;
