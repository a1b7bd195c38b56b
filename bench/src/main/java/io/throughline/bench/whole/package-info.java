/**
 * What the whole process costs and how it behaves, started by its launcher and reached over HTTP as by anybody.
 *
 * <p>Enter through the mains. Nobody calls this package; nothing here knows more of the process than its
 * command line, its HTTP interface and {@code /proc}.
 */
@NullMarked
package io.throughline.bench.whole;

import org.jspecify.annotations.NullMarked;
