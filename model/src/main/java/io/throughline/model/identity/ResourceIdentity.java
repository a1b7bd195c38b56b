package io.throughline.model.identity;

import java.util.Map;

/**
 * The {@code job} and {@code instance} of a resource, so that no two resources share a series.
 *
 * <p>{@code job} is {@code service.namespace/service.name}, or the name alone; a resource that names no
 * service gets the kind of entity it describes. {@code instance} is {@code service.instance.id}, else the
 * first of {@code container.id}, {@code k8s.pod.uid} with {@code k8s.container.name}, {@code host.id} with
 * {@code process.pid}, {@code host.id}, {@code host.name}.
 *
 * @param job "" where nothing says what the resource is
 * @param instance "" where nothing says which one it is
 */
public record ResourceIdentity(String job, String instance) {

  /** Attributes that are the identity of a service, and so do not become labels of {@code target_info}. */
  public static boolean isIdentifying(String attribute) {
    return attribute.equals("service.name") || attribute.equals("service.namespace")
        || attribute.equals("service.instance.id");
  }

  /**
   * @param attributes the resource's, as text
   * @param fallback whether a resource without service attributes gets an identity from others;
   *     Prometheus' own rule gives it none
   */
  public static ResourceIdentity of(Map<String, String> attributes, boolean fallback) {
    var name = get(attributes, "service.name");
    var namespace = get(attributes, "service.namespace");
    var job = name.isEmpty() ? "" : namespace.isEmpty() ? name : namespace + "/" + name;
    var instance = get(attributes, "service.instance.id");
    if (!fallback) {
      return new ResourceIdentity(job, instance);
    }
    if (job.isEmpty()) {
      job = kind(attributes);
    }
    if (instance.isEmpty()) {
      instance = instance(attributes);
    }
    return new ResourceIdentity(job, instance);
  }

  private static String kind(Map<String, String> attributes) {
    if (!get(attributes, "container.id").isEmpty()
        || !get(attributes, "k8s.container.name").isEmpty()) {
      return "container";
    }
    if (!get(attributes, "process.pid").isEmpty()) {
      return "process";
    }
    if (!get(attributes, "k8s.pod.uid").isEmpty()) {
      return "pod";
    }
    if (!get(attributes, "host.id").isEmpty() || !get(attributes, "host.name").isEmpty()) {
      return "host";
    }
    return "";
  }

  private static String instance(Map<String, String> attributes) {
    var container = get(attributes, "container.id");
    if (!container.isEmpty()) {
      return container;
    }
    var pod = get(attributes, "k8s.pod.uid");
    if (!pod.isEmpty()) {
      var name = get(attributes, "k8s.container.name");
      return name.isEmpty() ? pod : pod + "/" + name;
    }
    var host = get(attributes, "host.id");
    if (host.isEmpty()) {
      host = get(attributes, "host.name");
    }
    var pid = get(attributes, "process.pid");
    return host.isEmpty() || pid.isEmpty() ? host : host + "/" + pid;
  }

  private static String get(Map<String, String> attributes, String name) {
    return attributes.getOrDefault(name, "");
  }
}
