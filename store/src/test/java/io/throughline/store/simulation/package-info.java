/**
 * A seeded simulator of crashes: its own disk and log, and defects planted to try it.
 *
 * <p>Enter through {@link io.throughline.store.simulation.CrashSafetyTest}.
 */
@NullMarked
package io.throughline.store.simulation;

import org.jspecify.annotations.NullMarked;
