/** testkit. */
@NullMarked
package io.throughline.testkit;

import org.jspecify.annotations.NullMarked;
