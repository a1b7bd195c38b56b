/** ingest. */
@NullMarked
package io.throughline.ingest;

import org.jspecify.annotations.NullMarked;
