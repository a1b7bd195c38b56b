/**
 * Prometheus' relabelling: rules that rewrite label sets or drop them.
 *
 * <p>Enter through {@link io.throughline.model.relabel.Relabeling}. Callers: the collector's doors, the rules' way to
 * receivers. Nothing here knows where label sets come from, files or threads.
 */
@NullMarked
package io.throughline.model.relabel;

import org.jspecify.annotations.NullMarked;
