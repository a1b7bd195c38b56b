package io.throughline.kubernetes;

import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.throughline.collector.discover.Source;
import io.throughline.collector.discover.SourceFactory;
import java.nio.file.Files;
import java.nio.file.Path;

/** Makes the source of the cluster this process runs in, or of the kubeconfig file's. */
public final class KubernetesFactory implements SourceFactory {
  private static final Path TOKEN = Path.of("/var/run/secrets/kubernetes.io/serviceaccount/token");

  @Override
  public String name() {
    return "kubernetes";
  }

  @Override
  public boolean isDetected() {
    return System.getenv("KUBERNETES_SERVICE_HOST") != null && Files.isReadable(TOKEN);
  }

  @Override
  public Source make() {
    return new KubernetesSource(() -> new KubernetesClientBuilder().build());
  }
}
