/**
 * Rule files: Prometheus' format, read and checked.
 *
 * <p>Enter through {@code RuleFiles}. Callers: the loader of a running installation, {@code rules check}, the unit tests.
 * Nothing here evaluates.
 */
@NullMarked
package io.throughline.rules.file;

import org.jspecify.annotations.NullMarked;
