package io.throughline.store.compact;

import io.throughline.store.SampleBuffer;
import io.throughline.store.column.Scratch;
import io.throughline.store.deletion.Deletions;
import io.throughline.store.disk.Disk;
import io.throughline.store.part.Part;
import io.throughline.store.part.PartInfo;
import io.throughline.store.part.PartWriter;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

/**
 * Chooses parts to merge and merges them. Parts stand in log order and only neighbours are merged, so
 * the result takes their place and precedence stays what the log says.
 */
public final class Merger {
  private static final int MIN_RUN = 4;
  private static final int MAX_RUN = 16;
  private static final long SMALLEST_LEVEL_BYTES = 256 << 10;

  private Merger() {}

  /** Neighbours to merge: {@code from} included, {@code to} excluded; empty if equal. */
  public record Run(int from, int to) {
    static final Run NONE = new Run(0, 0);

    public boolean isEmpty() {
      return from == to;
    }
  }

  /**
   * The run of neighbours of the smallest size class that is worth a merge.
   *
   * @param eager whether two are enough
   * @param maxBytes parts from this size on are left alone
   */
  public static Run choose(List<Part> parts, boolean eager, long maxBytes) {
    int minRun = eager ? 2 : MIN_RUN;
    for (int level = 0; level < 16; level++) {
      long limit = Math.min(maxBytes, SMALLEST_LEVEL_BYTES << (2 * level));
      int from = 0;
      for (int i = 0; i <= parts.size(); i++) {
        boolean small = i < parts.size() && parts.get(i).info().sizeBytes() < limit
            && parts.get(i).damage() == null;
        if (small && i - from < MAX_RUN) {
          continue;
        }
        if (i - from >= minRun) {
          return new Run(from, i);
        }
        from = small ? i : i + 1;
      }
      if (limit >= maxBytes) {
        break;
      }
    }
    return Run.NONE;
  }

  /**
   * Writes and syncs the merged part. What is not kept and what was deleted is left out.
   */
  public static PartInfo merge(List<Part> parts, Disk disk, Path file, Keep keep,
      Deletions deletions, Pace pace) throws IOException {
    var rows = new int[parts.size()];
    var scratch = new Scratch();
    var current = new SampleBuffer();
    var next = new SampleBuffer();
    var merged = new SampleBuffer();
    parts.forEach(Part::verify);
    try (var out = new PartWriter(disk, file, parts.getFirst().info().partition())) {
      while (true) {
        int series = Integer.MAX_VALUE;
        for (int i = 0; i < rows.length; i++) {
          if (rows[i] < parts.get(i).rows()) {
            series = Math.min(series, parts.get(i).seriesOf(rows[i]));
          }
        }
        if (series == Integer.MAX_VALUE) {
          break;
        }
        current.clear();
        for (int i = 0; i < rows.length; i++) {
          var part = parts.get(i);
          if (rows[i] >= part.rows() || part.seriesOf(rows[i]) != series) {
            continue;
          }
          next.clear();
          rows[i] = part.read(rows[i], keep.fromMs(series), Long.MAX_VALUE, next, scratch);
          deletions.removeFrom(next, 0, series, part.cleaned());
          if (!SampleMerge.appendBehind(current, next)) {
            SampleMerge.merge(current, next, merged);
            var swap = current;
            current = merged;
            merged = swap;
          }
        }
        keep.thin(series, current);
        out.add(series, current);
        pace.afterWork();
      }
      return out.finish(parts.getFirst().info().firstOffset(), parts.getLast().info().endOffset());
    }
  }
}
