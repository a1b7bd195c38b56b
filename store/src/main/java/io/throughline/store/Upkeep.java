package io.throughline.store;

import io.throughline.model.Failure;
import io.throughline.store.compact.Merger;
import io.throughline.store.compact.Pace;
import io.throughline.store.deletion.Tombstone;
import io.throughline.store.part.Part;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.WeakHashMap;
import java.util.concurrent.CancellationException;
import java.util.concurrent.atomic.AtomicLong;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What is done to a shard's parts after their flush, by one thread at a time: damaged ones are set aside,
 * those past their retention dropped or trimmed, runs of neighbours merged, deleted samples taken out.
 */
final class Upkeep {
  private static final Logger LOG = LoggerFactory.getLogger(Upkeep.class);

  /** Deleted samples leave their files this long after they were deleted, if no merge comes before. */
  private static final long CLEAN_AFTER_MS = 600_000;

  /** A part of which nothing is due is looked at again after this; with classes a look reads its table. */
  private static final long LOOK_AGAIN_MS = 600_000;

  /** A merge begins only where this much more than its input is free on the disk. */
  private static final long FREE_BYTES = 64L << 20;

  private final Shard shard;
  private final AtomicLong merges = new AtomicLong();
  private final AtomicLong failures = new AtomicLong();
  private final Map<Part, Long> notDue = new WeakHashMap<>();

  Upkeep(Shard shard) {
    this.shard = shard;
  }

  long merges() {
    return merges.get();
  }

  long failures() {
    return failures.get();
  }

  /**
   * What one look is to do.
   *
   * @param keeping what is dropped, what is thinned
   * @param eager whether two neighbours are enough for a merge, and deleted samples go at once
   * @param maxPartBytes parts from this size on are not merged further
   */
  record Task(long nowMs, Keeping keeping, boolean eager, long maxPartBytes) {}

  /**
   * Does one piece of work.
   *
   * @return whether there may be more to do
   */
  synchronized boolean once(Task task, Pace pace) {
    try {
      lookAtFiles();
      replaceDamagedAndOld(task.keeping.earliestMs());
      var seen = shard.acquire();
      try {
        return restore(seen, task, pace) || merge(seen, task, pace) || clean(seen, task, pace)
            || trim(seen, task, pace);
      } finally {
        seen.contents().release();
      }
    } catch (CancellationException closing) {
      return false;
    } catch (IOException | Failure failed) {
      failures.incrementAndGet();
      LOG.warn("merge failed and is tried again partition={} error={}", shard.partition(),
          failed.toString());
      return false;
    }
  }

  /** Finds parts whose files were cut or grew while they are mapped. */
  private void lookAtFiles() throws IOException {
    var seen = shard.acquire();
    try {
      for (var part : seen.contents().parts()) {
        long size = shard.disk().sizeBytes(part.file());
        if (size >= 0 && size != part.info().sizeBytes() && part.damage() == null) {
          part.markDamaged("it has " + size + " bytes, had " + part.info().sizeBytes());
        }
      }
    } finally {
      seen.contents().release();
    }
  }

  /** Writes a part anew whose file was deleted by someone else: what is mapped is still there. */
  private boolean restore(Shard.View seen, Task task, Pace pace) throws IOException {
    for (var part : seen.contents().parts()) {
      if (part.damage() == null && shard.disk().sizeBytes(part.file()) < 0) {
        shard.noteDamage("file " + part.file()
            + " is missing; what it held is still mapped and is written anew");
        return rewrite(List.of(part), seen, task, pace);
      }
    }
    return false;
  }

  private void replaceDamagedAndOld(long keepFromMs) throws IOException {
    var seen = shard.acquire();
    try {
      for (var part : seen.contents().parts()) {
        var damage = part.damage();
        if (damage != null) {
          shard.noteDamage(damage + "; set aside in quarantine/, queries continue without it");
          shard.replace(List.of(part), null);
        } else if (part.info().maxTimeMs() < keepFromMs) {
          shard.replace(List.of(part), null);
        }
      }
    } finally {
      seen.contents().release();
    }
  }

  private boolean merge(Shard.View seen, Task task, Pace pace) throws IOException {
    var parts = seen.contents().parts();
    var run = Merger.choose(parts, task.eager, task.maxPartBytes);
    if (run.isEmpty()) {
      return false;
    }
    return rewrite(parts.subList(run.from(), run.to()), seen, task, pace);
  }

  /** Rewrites one part that still holds deleted samples, or notes that none does. */
  private boolean clean(Shard.View seen, Task task, Pace pace) throws IOException {
    var deletions = seen.deletions();
    if (deletions.isEmpty()) {
      return false;
    }
    boolean marked = false;
    for (var part : seen.contents().parts()) {
      if (part.damage() != null || part.cleaned() >= deletions.lastNumber()) {
        continue;
      }
      boolean touched = false;
      boolean due = task.eager;
      for (var tombstone : deletions.tombstones()) {
        if (tombstone.number() > part.cleaned() && touches(tombstone, part)) {
          touched = true;
          due |= task.nowMs - tombstone.madeMs() >= CLEAN_AFTER_MS;
        }
      }
      if (!touched) {
        part.markCleaned(deletions.lastNumber());
        marked = true;
      } else if (due) {
        return rewrite(List.of(part), seen, task, pace);
      }
    }
    if (marked) {
      // The manifest learns it, and forgets tombstones that nothing needs any more.
      shard.replace(List.of(), null);
    }
    return false;
  }

  private static boolean touches(Tombstone tombstone, Part part) {
    for (int id : tombstone.series().toArray()) {
      if (part.overlaps(id, tombstone.minTimeMs(), tombstone.maxTimeMs())) {
        return true;
      }
    }
    return false;
  }

  private boolean trim(Shard.View seen, Task task, Pace pace) throws IOException {
    for (var part : seen.contents().parts()) {
      Long looked = notDue.get(part);
      if (part.damage() != null
          || looked != null && task.nowMs - looked < LOOK_AGAIN_MS && !task.eager) {
        continue;
      }
      if (task.keeping.isDue(part, shard.classes())) {
        return rewrite(List.of(part), seen, task, pace);
      }
      if (task.keeping.hasClasses()) {
        notDue.put(part, task.nowMs);
      }
    }
    return false;
  }

  private boolean rewrite(List<Part> chosen, Shard.View seen, Task task, Pace pace)
      throws IOException {
    var disk = shard.disk();
    long inputBytes = chosen.stream().mapToLong(part -> part.info().sizeBytes()).sum();
    long usableBytes = disk.usableBytes(shard.folder());
    if (usableBytes < inputBytes + FREE_BYTES) {
      throw Failure.unavailable("merging " + inputBytes + " bytes needs "
          + (inputBytes + FREE_BYTES) + " bytes free on the disk, " + usableBytes + " are");
    }
    var file = shard.folder().resolve(shard.nextName("part-", ".tlp"));
    long samples;
    try {
      samples = Merger
          .merge(chosen, disk, file, task.keeping.of(shard.classes()), seen.deletions(), pace)
          .sampleCount();
    } catch (IOException | RuntimeException failed) {
      deleteUnfinished(file);
      throw failed;
    }
    disk.syncFolder(shard.folder());
    // From here on the file stays whatever fails: a manifest that names it may be on the disk already.
    if (samples == 0) {
      shard.replace(chosen, null);
      disk.delete(file);
    } else {
      var merged = Part.open(disk, file, seen.deletions().lastNumber());
      try {
        shard.replace(chosen, merged);
      } catch (IOException | RuntimeException failed) {
        merged.release();
        throw failed;
      }
    }
    merges.incrementAndGet();
    return true;
  }

  private void deleteUnfinished(Path file) {
    try {
      shard.disk().delete(file);
    } catch (IOException failed) {
      // It goes when the shard is opened again: no manifest names it.
      LOG.warn("unfinished part not deleted file={} error={}", file, failed.toString());
    }
  }
}
