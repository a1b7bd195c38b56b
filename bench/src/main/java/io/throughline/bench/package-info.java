/** bench. */
@NullMarked
package io.throughline.bench;

import org.jspecify.annotations.NullMarked;
