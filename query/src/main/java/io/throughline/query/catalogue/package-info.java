/**
 * The signal catalogue: every canonical signal once, and which metrics of which source are that signal.
 *
 * <p>Enter through {@link io.throughline.query.catalogue.Catalogue}. The built-in part is {@code
 * signals.yaml} beside this package; users add sources and signals in files of the same form. Callers:
 * the view. Nothing here knows samples, time or HTTP.
 */
@NullMarked
package io.throughline.query.catalogue;

import org.jspecify.annotations.NullMarked;
