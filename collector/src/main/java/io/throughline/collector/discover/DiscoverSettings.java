package io.throughline.collector.discover;

import java.time.Duration;

/**
 * Settings {@code collector.discover.*}.
 *
 * @param kubernetes whether Kubernetes' API is followed: {@code auto} where this process runs in a pod, {@code on}
 *     (by the kubeconfig file, or in a pod), {@code off}
 * @param docker the Engine API's socket, for example {@code /var/run/docker.sock}; "" for none: who may read it may do
 *     anything on the host
 * @param interval how often everything that is so is written down
 * @param tenant whose the series become
 */
public record DiscoverSettings(String kubernetes, String docker, Duration interval, String tenant) {

  public static final DiscoverSettings DEFAULTS = new DiscoverSettings("auto", "",
      Duration.ofSeconds(30), "default");

  public DiscoverSettings {
    if (!kubernetes.equals("auto") && !kubernetes.equals("on") && !kubernetes.equals("off")) {
      throw new IllegalArgumentException(
          "collector.discover.kubernetes is '" + kubernetes + "', want auto, on or off");
    }
    if (interval.compareTo(Duration.ofSeconds(1)) < 0) {
      throw new IllegalArgumentException(
          "collector.discover.interval is " + interval + ", want at least 1s");
    }
  }
}
