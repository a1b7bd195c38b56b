package io.throughline.agent.node;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Map;
import java.util.UUID;

/**
 * Which host this is: the same answer in every process of ours on it, or nothing joins.
 *
 * <p>The environment's {@code THROUGHLINE_HOST_ID} and {@code THROUGHLINE_HOST_NAME} win: in a pod the files
 * below are the image's own, and the node's name is given instead.
 *
 * @param id of {@code /etc/machine-id}, else the kernel's boot id, else a UUID made of the name
 * @param name the kernel's host name
 */
public record HostIdentity(String id, String name) {

  /** This host's. */
  public static HostIdentity local() {
    return read(NodeSettings.Roots.local());
  }

  static HostIdentity read(NodeSettings.Roots roots) {
    return read(roots, System.getenv());
  }

  static HostIdentity read(NodeSettings.Roots roots, Map<String, String> environment) {
    String givenName = environment.getOrDefault("THROUGHLINE_HOST_NAME", "");
    String name = givenName.isEmpty() ? name(roots.proc()) : givenName;
    String givenId = environment.getOrDefault("THROUGHLINE_HOST_ID", "");
    if (!givenId.isEmpty()) {
      return new HostIdentity(givenId, name);
    }
    String id = KernelFile.once(roots.rootFs().resolve("etc/machine-id"));
    if (id.isEmpty()) {
      id = KernelFile.once(roots.proc().resolve("sys/kernel/random/boot_id"));
    }
    if (id.isEmpty()) {
      id = UUID.nameUUIDFromBytes(name.getBytes(StandardCharsets.UTF_8)).toString();
    }
    return new HostIdentity(id, name);
  }

  private static String name(Path proc) {
    String name = KernelFile.once(proc.resolve("sys/kernel/hostname"));
    if (!name.isEmpty()) {
      return name;
    }
    try {
      return InetAddress.getLocalHost().getHostName();
    } catch (UnknownHostException e) {
      // A machine whose own name does not resolve still has it in the message.
      return "localhost";
    }
  }
}
