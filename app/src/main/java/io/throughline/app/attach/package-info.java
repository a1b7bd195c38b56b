/**
 * Reading a Prometheus that exists, with its history, and writing what it has through the collector's door.
 *
 * <p>Enter through {@link io.throughline.app.attach.AttachCommand}. Speaks Prometheus' HTTP API on one side and
 * remote write on the other: it may run anywhere that reaches both, and knows nothing of the roles.
 */
@NullMarked
package io.throughline.app.attach;

import org.jspecify.annotations.NullMarked;
