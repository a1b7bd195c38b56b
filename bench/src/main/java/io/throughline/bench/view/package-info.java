/**
 * What the pane's server side costs over a real store in this process.
 *
 * <p>Enter through {@link io.throughline.bench.view.BoardCost} (a program).
 */
@NullMarked
package io.throughline.bench.view;

import org.jspecify.annotations.NullMarked;
