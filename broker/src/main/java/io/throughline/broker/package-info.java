/** broker. */
@NullMarked
package io.throughline.broker;

import org.jspecify.annotations.NullMarked;
