/**
 * The {@code throughline} command: settings, roles and how they are wired into one process.
 *
 * <p>Enter through {@link io.throughline.app.Main}; {@code Installation} is the running thing. Callers: the
 * launcher and tests. The one room that knows all others; nothing may know it, so a role never finds out what
 * runs beside it.
 */
@NullMarked
package io.throughline.app;

import org.jspecify.annotations.NullMarked;
