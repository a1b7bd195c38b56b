/**
 * The HTTP servers of a process: who may ask, what is mounted, how it is measured, what an error looks like.
 *
 * <p>Enter through {@code FrontDoor}. Roles mount their own routes on its router; it adds health, readiness,
 * flush, metrics and the dashboard's files. Callers: {@code app}. Must not know what the routes of roles mean.
 */
@NullMarked
package io.throughline.app.http;

import org.jspecify.annotations.NullMarked;
