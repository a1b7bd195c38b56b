/** query. */
@NullMarked
package io.throughline.query;

import org.jspecify.annotations.NullMarked;
