/**
 * Which resource a series belongs to, and what its labels say about other resources: pure functions
 * from label sets, the ground on which the join stands.
 *
 * <p>Enter through {@link io.throughline.model.identity.EntityFacts} for what a stored label set says
 * about entities. Callers: the collector's doors and the view. Nothing here knows time, samples, files
 * or threads, so rules can be run again over all label sets when they change.
 */
@NullMarked
package io.throughline.model.identity;

import org.jspecify.annotations.NullMarked;
