/**
 * What evaluating rules costs.
 *
 * <p>Enter through {@link io.throughline.bench.rules.RuleLoad}, a program.
 */
@NullMarked
package io.throughline.bench.rules;

import org.jspecify.annotations.NullMarked;
