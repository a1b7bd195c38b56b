package io.throughline.agent.node;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.UUID;

/**
 * Which host this is: the same answer in every process of ours on it, or nothing joins.
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
    String name = name(roots.proc());
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
