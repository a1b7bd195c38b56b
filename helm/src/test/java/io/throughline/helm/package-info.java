/**
 * Proves that the chart renders into what Kubernetes would take.
 *
 * <p>Knows the chart's files and Kubernetes' model; no cluster is asked.
 */
@NullMarked
package io.throughline.helm;

import org.jspecify.annotations.NullMarked;
