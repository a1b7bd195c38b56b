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

/**
 * Looks twice a second whether the data directory's file system has space, so that writes end before it has none,
 * and whether the directory is still there.
 */
final class FreeSpace implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(FreeSpace.class);
  private static final long INTERVAL_MS = 500;

  private final DataDirectory data;
  private final Path folder;
  private final DiskSettings settings;
  private final Runnable whenGone;
  private final ScheduledExecutorService thread = Executors.newSingleThreadScheduledExecutor(
      task -> Thread.ofPlatform().name("free-space").daemon().unstarted(task));
  private volatile String shortage = "";
  private boolean gone;

  /** @param whenGone called once, on this class's thread, when the directory is there no more */
  FreeSpace(DataDirectory data, DiskSettings settings, Runnable whenGone) {
    this.data = data;
    this.folder = data.folder();
    this.settings = settings;
    this.whenGone = whenGone;
    look();
    var _ = thread.scheduleWithFixedDelay(this::look, INTERVAL_MS, INTERVAL_MS,
        TimeUnit.MILLISECONDS);
  }

  /** Why nothing may be written, or "". */
  String shortage() {
    return shortage;
  }

  private void look() {
    if (!gone && data.isGone()) {
      gone = true;
      shortage = "the data directory " + folder + " is gone";
      LOG.error(
          "the data directory was deleted, or its disk unmounted, while it was in use: ending. "
              + "What was acknowledged into it is lost unless it comes back folder={}",
          folder);
      whenGone.run();
    }
    if (gone) {
      return;
    }
    try {
      var fileSystem = Files.getFileStore(folder);
      long free = fileSystem.getUsableSpace();
      long floor = Math.max(settings.minFreeBytes(),
          (long) (settings.minFreeRatio() * fileSystem.getTotalSpace()));
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
