package io.throughline.agent.node;

import io.throughline.agent.otlp.Attributes;
import io.throughline.agent.otlp.Instrument;
import java.io.File;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * How full local file systems are. Each device once, under its shortest mount point.
 *
 * <p>Network and FUSE file systems are left out: asking one whose server is gone would block the agent.
 */
final class FileSystemReader implements Reader {

  static final int MOST_MOUNTS = 64;
  static final Instrument USAGE = Instrument.gauge("system.filesystem.usage", "By");
  static final Instrument LIMIT = Instrument.gauge("system.filesystem.limit", "By");
  private static final Set<String> LOCAL_TYPES = Set.of("ext2", "ext3", "ext4", "xfs", "btrfs",
      "zfs", "f2fs", "vfat", "exfat", "ntfs3", "jfs", "reiserfs", "bcachefs", "overlay", "apfs");
  private static final int ROUNDS_BETWEEN_LISTS = 10;

  private record Mount(File path, Attributes alone, Attributes used, Attributes free,
      Attributes reserved) {}

  private final KernelFile ofInit;
  private final KernelFile ofSelf;
  private final Path rootFs;
  private final List<Mount> mounts = new ArrayList<>();
  private String problem = "";

  FileSystemReader(NodeSettings.Roots roots) {
    this.ofInit = new KernelFile(roots.proc().resolve("1/mounts"));
    this.ofSelf = new KernelFile(roots.proc().resolve("self/mounts"));
    this.rootFs = roots.rootFs();
  }

  @Override
  public void read(Reading reading) {
    if (reading.round % ROUNDS_BETWEEN_LISTS == 0) {
      list(reading.text);
    }
    if (mounts.isEmpty()) {
      reading.missing(problem.isEmpty() ? "no local file system is mounted" : problem, USAGE,
          LIMIT);
      return;
    }
    long now = reading.timeNanos;
    reading.out.begin(USAGE);
    for (Mount mount : mounts) {
      long total = mount.path().getTotalSpace();
      long free = mount.path().getFreeSpace();
      long usable = mount.path().getUsableSpace();
      if (total > 0) {
        reading.out.point(mount.used(), 0, now, total - free);
        reading.out.point(mount.free(), 0, now, usable);
        reading.out.point(mount.reserved(), 0, now, Math.max(0, free - usable));
      }
    }
    reading.out.end();
    reading.out.begin(LIMIT);
    for (Mount mount : mounts) {
      long total = mount.path().getTotalSpace();
      if (total > 0) {
        reading.out.point(mount.alone(), 0, now, total);
      } else {
        reading.missing(LIMIT.name(), mount.path() + " cannot be asked for its size");
      }
    }
    reading.out.end();
  }

  private void list(ProcText text) {
    mounts.clear();
    if (!ofInit.read(text) && !ofSelf.read(text)) {
      problem = ofSelf.problem();
      return;
    }
    var devices = new HashSet<String>();
    while (text.nextLine() && mounts.size() < MOST_MOUNTS) {
      text.nextWord();
      String device = text.text();
      text.nextWord();
      String point = text.text().replace("\\040", " ");
      text.nextWord();
      String type = text.text();
      boolean layered = type.equals("overlay") && !point.equals("/");
      if (!LOCAL_TYPES.contains(type) || layered || !devices.add(device)) {
        continue;
      }
      var alone = Attributes.of("system.device", device, "system.filesystem.mountpoint", point,
          "system.filesystem.type", type);
      mounts.add(new Mount(rootFs.resolve(point.substring(1)).toFile(), alone,
          alone.with("system.filesystem.state", "used"),
          alone.with("system.filesystem.state", "free"),
          alone.with("system.filesystem.state", "reserved")));
    }
  }

  @Override
  public void close() {
    ofInit.close();
    ofSelf.close();
  }
}
