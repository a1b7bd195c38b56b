package io.throughline.agent.node;

import io.throughline.agent.otlp.Attributes;
import java.nio.file.FileSystems;
import java.nio.file.Path;
import java.nio.file.PathMatcher;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Which cgroups are containers, and what they are called.
 *
 * <p>A container is a group whose last folder carries a runtime's 64-digit id (docker, containerd,
 * CRI-O, podman, with cgroupfs or systemd names), a group of the demo, or one a user's glob names.
 */
public final class ContainerNames {

  /** The demo's groups are below this path, one a service. */
  public static final String DEMO = "/throughline-demo/";
  private static final Pattern RUNTIME_ID = Pattern
      .compile("(?:(?:docker|cri-containerd|crio|libpod)-)?([0-9a-f]{64})(?:\\.scope)?");
  private static final Pattern POD = Pattern
      .compile("pod([0-9a-f]{8}[-_][0-9a-f_-]{27})(?:\\.slice)?(?:/|$)");

  private final List<PathMatcher> globs;

  ContainerNames(List<String> globs) {
    this.globs = globs.stream()
        .map(g -> FileSystems.getDefault().getPathMatcher("glob:" + g))
        .toList();
  }

  /** Whether the group at {@code path}, absolute within its tree, is to be reported. */
  boolean isContainer(String path) {
    return isOfRuntime(path) || isOfDemo(path)
        || globs.stream().anyMatch(g -> g.matches(Path.of(path)));
  }

  /** The id by which the container of the group at {@code path} is known: the runtime's, else the path. */
  public static String idOf(String path) {
    Matcher matcher = RUNTIME_ID.matcher(path.substring(path.lastIndexOf('/') + 1));
    return matcher.matches() ? matcher.group(1) : path;
  }

  /** Whether a process in the group at {@code path} is in a container, globs aside. */
  public static boolean isWellKnown(String path) {
    return isOfRuntime(path) || isOfDemo(path);
  }

  /** The resource of the container at {@code path}. */
  static Attributes resource(String path, HostIdentity host) {
    var attributes = Attributes.of("container.id", idOf(path), "host.id", host.id(), "host.name",
        host.name(), "throughline.cgroup.path", path);
    Matcher pod = POD.matcher(path);
    return pod.find() ? attributes.with("k8s.pod.uid", pod.group(1).replace('_', '-')) : attributes;
  }

  private static boolean isOfRuntime(String path) {
    return RUNTIME_ID.matcher(path.substring(path.lastIndexOf('/') + 1)).matches();
  }

  private static boolean isOfDemo(String path) {
    int name = path.lastIndexOf(DEMO);
    return name >= 0 && path.indexOf('/', name + DEMO.length()) < 0
        && path.length() > name + DEMO.length();
  }
}
