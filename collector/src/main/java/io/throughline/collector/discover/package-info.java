/**
 * What an orchestrator says of what runs where, as series like any others: which pod or container belongs to which
 * service, on which node, within which limits.
 *
 * <p>Enter through {@link io.throughline.collector.discover.Discovery}. A {@link
 * io.throughline.collector.discover.Source} knows one orchestrator; Docker's is here, Kubernetes' comes as a service
 * of its own jar. Callers: {@code app}. Nothing here knows the view: a join is made of stored labels, whoever wrote
 * them.
 */
@NullMarked
package io.throughline.collector.discover;

import org.jspecify.annotations.NullMarked;
