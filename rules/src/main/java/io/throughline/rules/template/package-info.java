/**
 * The templates of labels and annotations: Go's text templates with Prometheus' functions.
 *
 * <p>Enter through {@code Template}. Callers: the reader of rule files, which parses, and the evaluation, which expands.
 * Nothing here knows rules.
 */
@NullMarked
package io.throughline.rules.template;

import org.jspecify.annotations.NullMarked;
