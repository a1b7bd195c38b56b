/**
 * What Kubernetes' API says of what runs where, for {@code collector.discover}.
 *
 * <p>Found as a service ({@link io.throughline.kubernetes.KubernetesFactory}); nobody calls it by name, so a build may
 * leave the room out. {@code Facts} turns objects into series and knows no connection; {@code KubernetesSource} keeps
 * the objects current. {@code TrafficFacts} and {@code TrafficSource} do the same for what a mesh tells through that API
 * (traffic metrics of the Service Mesh Interface), a source of its own: one that fails does not silence the other.
 */
@NullMarked
package io.throughline.kubernetes;

import org.jspecify.annotations.NullMarked;
