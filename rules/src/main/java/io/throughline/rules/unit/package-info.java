/**
 * Unit tests of rule files, in promtool's format.
 *
 * <p>Enter through {@code UnitTests}. Callers: {@code rules test}. Nothing here knows a running installation: series are
 * made up, time is counted from 1970.
 */
@NullMarked
package io.throughline.rules.unit;

import org.jspecify.annotations.NullMarked;
