package io.throughline.rules.slo;

import java.util.Map;

/**
 * How an objective stands.
 *
 * @param reason why nothing is measured, or ""; then the numbers are NaN
 * @param errorRatio over the objective's window
 * @param budgetRemaining 1 untouched, 0 used up, below 0 overdrawn
 * @param burnRates by range, as {@code 1h}; 1 uses the budget up exactly in the window
 * @param alert {@code page}, {@code ticket} or "" for none
 * @param windowStartMs when the window of the calendar began, 0 where it rolls
 */
public record SloStatus(Slo slo, String reason, double errorRatio, double budgetRemaining,
    Map<String, Double> burnRates, String alert, long windowStartMs) {}
