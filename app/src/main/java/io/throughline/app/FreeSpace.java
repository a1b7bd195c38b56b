package io.throughline.app;

import io.throughline.app.settings.DiskSettings;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Looks each second whether the data directory's file system has space, so that writes end before it has none. */
final class FreeSpace implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(FreeSpace.class);
  private static final long INTERVAL_MS = 500;

  private final Path folder;
  private final DiskSettings settings;
  private final ScheduledExecutorService thread = Executors.newSingleThreadScheduledExecutor(
      task -> Thread.ofPlatform().name("free-space").daemon().unstarted(task));
  private volatile String shortage = "";

  FreeSpace(Path folder, DiskSettings settings) {
    this.folder = folder;
    this.settings = settings;
    look();
    var _ = thread.scheduleWithFixedDelay(this::look, INTERVAL_MS, INTERVAL_MS,
        TimeUnit.MILLISECONDS);
  }

  /** Why nothing may be written, or "". */
  String shortage() {
    return shortage;
  }

  private void look() {
    try {
      var fileSystem = Files.getFileStore(folder);
      long free = fileSystem.getUsableSpace();
      long floor = Math.max(settings.minFreeBytes(), (long) (settings.minFreeRatio() * fileSystem
          .getTotalSpace()));
      boolean wasShort = !shortage.isEmpty();
      shortage = free >= floor
          ? ""
          : "the disk of " + folder + " has " + (free >> 20) + " MiB free, less than "
              + (floor >> 20) + " MiB (disk.min-free-bytes, disk.min-free-ratio)";
      if (wasShort == shortage.isEmpty()) {
        LOG.warn(wasShort
            ? "there is space again, writes are taken folder={}"
            : "too little space, writes are refused folder={}", folder);
      }
    } catch (IOException failed) {
      shortage = "cannot ask for the free space of " + folder + ": " + failed;
    }
  }

  @Override
  public void close() {
    thread.shutdownNow();
  }
}
