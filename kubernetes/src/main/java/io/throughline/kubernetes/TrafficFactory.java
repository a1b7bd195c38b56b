package io.throughline.kubernetes;

import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.throughline.collector.discover.Source;
import io.throughline.collector.discover.SourceFactory;

/** Makes the source of a mesh's traffic metrics, in the cluster that {@link KubernetesFactory} follows. */
public final class TrafficFactory implements SourceFactory {

  @Override
  public String name() {
    return "smi";
  }

  @Override
  public boolean isDetected() {
    return new KubernetesFactory().isDetected();
  }

  @Override
  public Source make() {
    return new TrafficSource(() -> new KubernetesClientBuilder().build());
  }
}
