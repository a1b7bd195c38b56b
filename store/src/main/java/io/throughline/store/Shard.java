package io.throughline.store;

import io.throughline.model.Failure;
import io.throughline.model.Labels;
import io.throughline.model.Matcher;
import io.throughline.model.NativeHistogram;
import io.throughline.model.SeriesMetadata;
import io.throughline.model.Tenant;
import io.throughline.store.column.ByteSink;
import io.throughline.store.compact.SampleMerge;
import io.throughline.store.deletion.Deletions;
import io.throughline.store.deletion.Tombstone;
import io.throughline.store.disk.Disk;
import io.throughline.store.disk.SealedFile;
import io.throughline.store.head.DeltaTable;
import io.throughline.store.head.Head;
import io.throughline.store.head.PagePool;
import io.throughline.store.manifest.Manifest;
import io.throughline.store.part.Part;
import io.throughline.store.part.PartWriter;
import io.throughline.store.series.DeferredIndex;
import io.throughline.store.series.Registry;
import io.throughline.store.series.RegistryFile;
import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.TreeSet;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One partition's slice of the store. Its state, the current {@link View}, is one volatile reference:
 * the writer replaces it with each record and each flush, the merge thread after a merge; readers take
 * it without locks.
 *
 * <p>A flush writes what is new of the registry, the head as a part and the delta table, each synced,
 * then the manifest. Files that no manifest names are deleted when the shard is opened.
 *
 * <p>Longer than most, because the manifest, the view and the head change together, under two locks that
 * are best seen on one page. What can be apart is: {@link Upkeep} merges, {@link SeriesReader} reads.
 */
final class Shard implements ShardWriter {
  private static final Logger LOG = LoggerFactory.getLogger(Shard.class);
  private static final int DELTA_MAGIC = 0x31444C54; // "TLD1"
  private static final int DELTA_VERSION = 1;
  private static final int MAX_REGISTRY_FILES = 8;
  private static final int POOLED_PAGES = 512;
  private static final int MAX_TOMBSTONES = 1000;

  private final int partition;
  private final Path folder;
  private final Disk disk;
  private final PagePool pool = new PagePool(POOLED_PAGES);
  private final Registry registry = new Registry();
  private final SeriesClasses classes;
  private final DeferredIndex index;
  private final DeltaTable deltas = new DeltaTable();
  private final AtomicLong nextFile;
  private final List<String> warnings = new ArrayList<>();
  private final AtomicLong corruptFiles = new AtomicLong();
  private final AtomicLong flushes = new AtomicLong();
  private final Upkeep upkeep = new Upkeep(this);

  /** Guards the manifest and the replacing of contents, by the writer and by the merge thread. */
  private final Object commit = new Object();
  /** Guards the replacing of the view; held for no longer than that, so a record never waits for a disk. */
  private final Object viewing = new Object();
  private Manifest manifest;
  private List<Gap> gaps;

  private Head head;
  private LogPosition applied;
  /** Whether a slice of the registry is damaged, so that the next flush writes all of it. */
  private boolean rewriteRegistry;
  private volatile View view;

  /**
   * What a reader sees.
   *
   * @param visible the number of the head's stamps it may see
   */
  record View(Contents contents, int visible, int seriesCount, LogPosition position, List<Gap> gaps,
      Deletions deletions) {

    View with(Contents newContents, Deletions newDeletions) {
      return new View(newContents, visible, seriesCount, position, gaps, newDeletions);
    }
  }

  private final DeltaTable.Target toHead = this::appendTotal;

  Shard(int partition, Path folder, Disk disk, List<RetentionClass> retention) throws IOException {
    classes = new SeriesClasses(registry, retention);
    this.partition = partition;
    this.folder = folder;
    this.disk = disk;
    disk.createFolders(folder);
    var damaged = new ArrayList<String>();
    manifest = Manifest.read(disk, folder, partition, damaged);
    damaged.forEach(this::noteDamage);
    nextFile = new AtomicLong(manifest.nextFile());
    gaps = manifest.gaps();
    for (var file : manifest.registryFiles()) {
      readRegistry(file);
    }
    if (registry.seriesCount() != manifest.seriesCount()) {
      throw Failure.corrupt("shard " + folder + " has " + registry.seriesCount()
          + " series in its registry, its manifest says " + manifest.seriesCount());
    }
    registry.markFlushed();
    readDeltas();
    var parts = openParts();
    try {
      deleteLeftovers();
      disk.createFolders(folder.resolve("index"));
      index = new DeferredIndex(() -> disk.openIndex(folder.resolve("index")), registry);
    } catch (IOException | RuntimeException failed) {
      parts.forEach(Part::release);
      throw failed;
    }
    applied = manifest.position();
    head = new Head(pool);
    var contents = new Contents(head, parts);
    view = new View(contents, 0, registry.seriesCount(), applied, gaps,
        Deletions.opened(manifest.lastTombstone(), manifest.tombstones()));
  }

  private void readRegistry(String file) throws IOException {
    try {
      RegistryFile.read(registry, disk, folder.resolve(file));
    } catch (Failure | NoSuchFileException wrong) {
      // Each slice is written twice; without it, ids would lose their labels.
      noteDamage(said(wrong) + "; its copy is used");
      rewriteRegistry = true;
      RegistryFile.read(registry, disk, folder.resolve(copyOf(file)));
    }
  }

  private static String copyOf(String file) {
    return file + ".copy";
  }

  private void readDeltas() throws IOException {
    if (manifest.deltaFile().isEmpty()) {
      return;
    }
    var file = folder.resolve(manifest.deltaFile());
    try {
      deltas.restore(SealedFile.read(disk, file, DELTA_MAGIC, DELTA_VERSION));
    } catch (Failure | NoSuchFileException | IndexOutOfBoundsException wrong) {
      noteDamage(said(wrong) + "; delta series begin new totals");
      quarantine(manifest.deltaFile());
    }
  }

  private List<Part> openParts() throws IOException {
    var parts = new ArrayList<Part>();
    for (var entry : manifest.parts()) {
      try {
        parts.add(Part.open(disk, folder.resolve(entry.file()), entry.cleaned()));
      } catch (Failure | NoSuchFileException wrong) {
        // Another failure of the disk is no damage: the shard is not opened then, and nothing is moved.
        noteDamage(said(wrong) + "; set aside in quarantine/, queries continue without it");
        quarantine(entry.file());
      } catch (IOException failed) {
        parts.forEach(Part::release);
        throw failed;
      }
    }
    return parts;
  }

  private static String said(Exception wrong) {
    return wrong instanceof NoSuchFileException missing
        ? "file " + missing.getFile() + " is missing"
        : String.valueOf(wrong.getMessage());
  }

  private void quarantine(String file) {
    try {
      if (disk.list(folder).contains(file)) {
        disk.createFolders(folder.resolve("quarantine"));
        disk.rename(folder.resolve(file), folder.resolve("quarantine").resolve(file));
      }
    } catch (IOException failed) {
      LOG.warn("damaged file stays in place file={} error={}", file, failed.getMessage());
    }
  }

  void noteDamage(@Nullable String message) {
    corruptFiles.incrementAndGet();
    LOG.error("damage in partition={}: {}", partition, message);
    synchronized (warnings) {
      if (warnings.size() < 100 && message != null && !warnings.contains(message)) {
        warnings.add(message);
      }
    }
  }

  private void deleteLeftovers() throws IOException {
    var kept = new HashSet<String>(List.of("manifest", "manifest.copy"));
    for (var file : manifest.registryFiles()) {
      kept.add(file);
      kept.add(copyOf(file));
    }
    kept.add(manifest.deltaFile());
    manifest.parts().forEach(part -> kept.add(part.file()));
    for (var name : disk.list(folder)) {
      if (!kept.contains(name)) {
        disk.delete(folder.resolve(name));
      }
    }
  }

  // ---- the writer ----

  @Override
  public LogPosition flushedPosition() {
    synchronized (commit) {
      return manifest.position();
    }
  }

  @Override
  public LogPosition appliedPosition() {
    return applied;
  }

  @Override
  public int seriesId(Tenant tenant, byte[] labels, int offset, int length,
      SeriesMetadata metadata) {
    return registry.seriesId(tenant, labels, offset, length, metadata);
  }

  @Override
  public int seriesCount() {
    return registry.seriesCount();
  }

  @Override
  public Tenant tenant(int seriesId) {
    return registry.tenant(checked(seriesId));
  }

  @Override
  public Labels labels(int seriesId) {
    return registry.labels(checked(seriesId));
  }

  @Override
  public void append(int seriesId, long timeMs, long startMs, double value) {
    head.append(checked(seriesId), timeMs, startMs, value);
  }

  @Override
  public void append(int seriesId, long timeMs, long startMs, NativeHistogram histogram) {
    head.append(checked(seriesId), timeMs, startMs, histogram);
  }

  private int checked(int seriesId) {
    if (seriesId < 0 || seriesId >= registry.seriesCount()) {
      throw new IllegalArgumentException(
          "series " + seriesId + " is not known; ids run to " + registry.seriesCount());
    }
    return seriesId;
  }

  @Override
  public void appendDelta(int seriesId, long startMs, long endMs, double increase) {
    deltas.apply(checked(seriesId), startMs, endMs, increase, null, toHead);
  }

  @Override
  public void appendDelta(int seriesId, long startMs, long endMs, NativeHistogram increase) {
    deltas.apply(checked(seriesId), startMs, endMs, 0, increase, toHead);
  }

  private void appendTotal(int seriesId, long timeMs, long startMs, double total,
      @Nullable NativeHistogram histogram) {
    if (histogram == null) {
      head.append(seriesId, timeMs, startMs, total);
    } else {
      head.append(seriesId, timeMs, startMs, histogram);
    }
  }

  @Override
  public void applied(LogPosition position) {
    applied = position;
    int before = head.published();
    int visible = head.publish();
    synchronized (viewing) {
      view = new View(view.contents, visible, registry.seriesCount(), position, gaps,
          view.deletions.reached(position, before, visible));
    }
  }

  @Override
  public void recordGap(long fromOffset, long toOffset, long noticedMs) {
    var more = new ArrayList<>(gaps);
    more.add(new Gap(partition, fromOffset, toOffset, noticedMs));
    synchronized (viewing) {
      gaps = List.copyOf(more);
      view = new View(view.contents, view.visible, view.seriesCount, view.position, gaps,
          view.deletions);
    }
  }

  @Override
  public long headBytes() {
    return head.bytes();
  }

  @Override
  public long headSamples() {
    return head.sampleCount();
  }

  @Override
  public void flush() {
    try {
      flushAll();
    } catch (IOException failed) {
      throw new Failure(Failure.Category.UNAVAILABLE, "partition " + partition
          + " cannot be flushed to " + folder + ": " + failed + "; it is tried again", failed);
    }
  }

  private void flushAll() throws IOException {
    Manifest before;
    synchronized (commit) {
      before = manifest;
    }
    if (head.sampleCount() == 0 && before.position().equals(applied) && before.gaps().equals(gaps)
        && !registry.isDirty() && !rewriteRegistry) {
      return;
    }
    // What was appended after the last applied() belongs to a record that is not complete.
    int visible = head.publish();
    var deletions = view.deletions;
    var registryFiles = new ArrayList<>(before.registryFiles());
    var obsolete = new ArrayList<String>();
    if (registry.isDirty() || rewriteRegistry) {
      boolean everything = rewriteRegistry || registryFiles.size() >= MAX_REGISTRY_FILES;
      if (everything) {
        registryFiles.forEach(file -> {
          obsolete.add(file);
          obsolete.add(copyOf(file));
        });
        registryFiles.clear();
      }
      var name = nextName("registry-", ".tlr");
      RegistryFile.write(registry, everything, disk, folder.resolve(name));
      RegistryFile.write(registry, everything, disk, folder.resolve(copyOf(name)));
      registryFiles.add(name);
    }
    var deltaFile = before.deltaFile();
    if (deltas.isDirty()) {
      if (!deltaFile.isEmpty()) {
        obsolete.add(deltaFile);
      }
      deltaFile = nextName("deltas-", ".tld");
      ByteSink content = deltas.content();
      SealedFile.write(disk, folder.resolve(deltaFile), DELTA_MAGIC, DELTA_VERSION, content.array(),
          content.size());
    }
    var part = head.sampleCount() == 0
        ? null
        : writeHead(visible, before.position().nextOffset(), deletions);
    Contents old;
    try {
      old = commitFlush(part, registryFiles, deltaFile);
    } catch (IOException | RuntimeException failed) {
      if (part != null) {
        part.release();
      }
      throw failed;
    }
    if (part != null) {
      old.release();
    }
    registry.markFlushed();
    rewriteRegistry = false;
    deltas.markFlushed();
    flushes.incrementAndGet();
    for (var file : obsolete) {
      disk.delete(folder.resolve(file));
    }
  }

  /** Makes a flush the shard's truth. Returns the contents before it. */
  private Contents commitFlush(@Nullable Part part, List<String> registryFiles, String deltaFile)
      throws IOException {
    disk.syncFolder(folder);
    synchronized (commit) {
      var parts = new ArrayList<>(manifest.parts());
      var open = new ArrayList<>(view.contents.parts());
      if (part != null) {
        parts.add(entryOf(part));
        open.add(part);
      }
      // What was deleted since the part was begun is still in it, and has a higher number than it says.
      var remaining = needed(view.deletions.flushed(), open);
      var next = new Manifest(manifest.generation() + 1, partition, nextFile.get(), applied,
          registry.seriesCount(), registryFiles, deltaFile, parts, gaps, remaining.lastNumber(),
          remaining.tombstones());
      next.write(disk, folder);
      manifest = next;
      var old = view.contents;
      if (part != null) {
        head = new Head(pool);
      }
      synchronized (viewing) {
        view = new View(part == null ? old : new Contents(old, head, open), head.publish(),
            registry.seriesCount(), applied, gaps, remaining);
      }
      return old;
    }
  }

  private Part writeHead(int visible, long firstOffset, Deletions deletions) throws IOException {
    var file = folder.resolve(nextName("part-", ".tlp"));
    var arrived = new SampleBuffer();
    var sorted = new SampleBuffer();
    var merge = new SampleMerge();
    try (var out = new PartWriter(disk, file, partition)) {
      int limit = Math.min(registry.seriesCount(), head.seriesLimit());
      for (int id = 0; id < limit; id++) {
        arrived.clear();
        if (head.read(id, visible, Long.MIN_VALUE, Long.MAX_VALUE, deletions.hiddenInHead(id),
            arrived)) {
          out.add(id, arrived);
        } else {
          merge.sort(arrived, sorted);
          out.add(id, sorted);
        }
      }
      out.finish(firstOffset, applied.nextOffset());
    }
    return Part.open(disk, file, deletions.lastNumber());
  }

  String nextName(String prefix, String suffix) {
    var number = Long.toString(nextFile.getAndIncrement());
    return prefix + "0".repeat(Math.max(0, 8 - number.length())) + number + suffix;
  }

  // ---- what upkeep needs ----

  /** Puts one part, or none, in the place of neighbours, on disk and for readers. */
  void replace(List<Part> gone, @Nullable Part merged) throws IOException {
    Contents old;
    synchronized (commit) {
      var open = new ArrayList<Part>();
      var entries = new ArrayList<Manifest.PartEntry>();
      boolean placed = false;
      for (var part : view.contents.parts()) {
        if (!gone.contains(part)) {
          open.add(part);
          entries.add(entryOf(part));
        } else if (!placed && merged != null) {
          open.add(merged);
          entries.add(entryOf(merged));
          placed = true;
        }
      }
      var deletions = needed(view.deletions, open);
      var next = manifest.withParts(nextFile.get(), entries, deletions);
      next.write(disk, folder);
      manifest = next;
      old = view.contents;
      synchronized (viewing) {
        view = view.with(new Contents(old, old.head(), open), deletions);
      }
    }
    old.release();
    for (var part : gone) {
      var name = String.valueOf(part.file().getFileName());
      if (part.damage() != null) {
        quarantine(name);
      } else {
        // Whoever reads it still has it mapped.
        disk.delete(part.file());
      }
    }
  }

  private static Manifest.PartEntry entryOf(Part part) {
    return new Manifest.PartEntry(String.valueOf(part.file().getFileName()),
        part.info().firstOffset(), part.info().endOffset(), part.cleaned());
  }

  private static Deletions needed(Deletions deletions, List<Part> parts) {
    return deletions.needed(parts.stream().mapToLong(Part::cleaned).min().orElse(Long.MAX_VALUE));
  }

  Path folder() {
    return folder;
  }

  Disk disk() {
    return disk;
  }

  /** Indexes series that are new, if enough are. */
  void catchUpIndex() throws IOException {
    int flushed;
    synchronized (commit) {
      flushed = manifest.seriesCount();
    }
    index.catchUp(view.seriesCount, flushed);
  }

  /** Writes what is flushed, as it is now, to another folder; files are shared where that can be. */
  void copyTo(Path target) throws IOException {
    disk.createFolders(target);
    synchronized (commit) {
      var files = new ArrayList<String>();
      for (var file : manifest.registryFiles()) {
        files.add(file);
        files.add(copyOf(file));
      }
      if (!manifest.deltaFile().isEmpty()) {
        files.add(manifest.deltaFile());
      }
      var parts = new ArrayList<Manifest.PartEntry>();
      for (var part : view.contents.parts()) {
        if (part.damage() == null) {
          parts.add(entryOf(part));
          files.add(String.valueOf(part.file().getFileName()));
        }
      }
      for (var file : files) {
        disk.link(folder.resolve(file), target.resolve(file));
      }
      disk.syncFolder(target);
      manifest.withParts(nextFile.get(), parts, view.deletions).write(disk, target);
    }
  }

  // ---- deletion, by any thread ----

  /**
   * Hides what the shard has applied of the series that match one of the selectors, from {@code minTimeMs}
   * to {@code maxTimeMs}, both included. Durable when it returns; the bytes go with later merges.
   *
   * @return the number of series of which something is hidden
   */
  int delete(Tenant tenant, List<List<Matcher>> selectors, long minTimeMs, long maxTimeMs,
      long nowMs) {
    synchronized (commit) {
      var seen = view;
      var ids = new TreeSet<Integer>();
      var reader = new SeriesReader();
      for (var matchers : selectors) {
        for (int id : select(tenant, matchers, seen)) {
          if (reader.concerns(seen, id, minTimeMs, maxTimeMs)) {
            ids.add(id);
          }
        }
      }
      if (ids.isEmpty()) {
        return 0;
      }
      if (seen.deletions.size() >= MAX_TOMBSTONES) {
        throw Failure.limit("partition " + partition + " has " + MAX_TOMBSTONES
            + " deletions whose samples are still in files; clean them or wait for the merges");
      }
      var tombstone = new Tombstone(seen.deletions.lastNumber() + 1,
          Tombstone.SeriesIds.of(ids.stream().mapToInt(Integer::intValue).toArray()), minTimeMs,
          maxTimeMs, seen.position, seen.position.equals(manifest.position()), nowMs);
      var deletions = seen.deletions.with(tombstone, seen.visible);
      try {
        var next = manifest.withParts(nextFile.get(), manifest.parts(), deletions);
        next.write(disk, folder);
        manifest = next;
      } catch (IOException failed) {
        throw new Failure(Failure.Category.UNAVAILABLE, "partition " + partition
            + " cannot note a deletion in " + folder + ": " + failed + "; ask again", failed);
      }
      synchronized (viewing) {
        view = view.with(view.contents, deletions);
      }
      return ids.size();
    }
  }

  // ---- readers ----

  /** The current view, its contents held until released. */
  View acquire() {
    while (true) {
      var current = view;
      if (current.contents.tryAcquire()) {
        return current;
      }
      Thread.onSpinWait();
    }
  }

  /** The ids a view may see that all matchers accept, ascending. */
  int[] select(Tenant tenant, List<Matcher> matchers, View seen) {
    return index.select(tenant, matchers, seen.seriesCount);
  }

  SeriesClasses classes() {
    return classes;
  }

  Registry registry() {
    return registry;
  }

  int partition() {
    return partition;
  }

  Upkeep upkeep() {
    return upkeep;
  }

  int partCount() {
    return view.contents.parts().size();
  }

  List<String> warnings() {
    synchronized (warnings) {
      return List.copyOf(warnings);
    }
  }

  /** Notes what a reader met; the part is set aside at the next look. */
  void foundDamage(@Nullable String message) {
    synchronized (warnings) {
      if (warnings.size() < 100 && message != null && !warnings.contains(message)) {
        warnings.add(message);
      }
    }
  }

  StoreStatistics statistics() {
    View seen = acquire();
    try {
      long samples = 0;
      long bytes = 0;
      for (var part : seen.contents.parts()) {
        samples += part.info().sampleCount();
        bytes += part.info().sizeBytes();
      }
      var newest = seen.contents.head();
      return new StoreStatistics(seen.seriesCount, newest.sampleCount(), newest.bytes(),
          seen.contents.parts().size(), samples, bytes, registry.bytes(), index.keptBytes(),
          flushes.get(), upkeep.merges(), upkeep.failures(), corruptFiles.get(), deltas.ignored(),
          seen.deletions.size());
    } finally {
      seen.contents.release();
    }
  }

  void close() {
    synchronized (upkeep) {
      view.contents.release();
      try {
        index.close();
      } catch (IOException failed) {
        LOG.warn("series index not closed partition={} error={}", partition, failed.toString());
      }
    }
  }
}
