/** agent. */
@NullMarked
package io.throughline.agent;

import org.jspecify.annotations.NullMarked;
