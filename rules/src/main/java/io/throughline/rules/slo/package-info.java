/**
 * Service level objectives: OpenSLO files to rules that record error ratios and warn when a budget burns too fast.
 *
 * <p>Enter through {@code SloFiles}. Callers: {@code RulesRole}, {@code rules check}. Nothing here evaluates: objectives become
 * ordinary rule groups.
 */
@NullMarked
package io.throughline.rules.slo;

import org.jspecify.annotations.NullMarked;
