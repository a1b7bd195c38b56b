package io.throughline.bench.path;

import com.github.luben.zstd.Zstd;
import io.throughline.bench.store.NeutralFile;
import io.throughline.model.Tenant;
import io.throughline.model.wire.RecordReader;
import io.throughline.model.wire.RecordWriter;
import io.throughline.model.wire.SampleColumns;
import io.throughline.model.wire.SampleKind;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.util.Locale;
import net.jpountz.lz4.LZ4Factory;

/**
 * Bytes per sample of records made of given data, a record per {@code SAMPLES} (default 2000) in the order of
 * scrapes, before and after compression, and CPU time per sample of writing and reading them.
 *
 * <pre>
 * RecordSizes SAMPLES FILE.nts.gz…
 * </pre>
 */
public final class RecordSizes {
  private static final Tenant TENANT = new Tenant("bench");
  private static final int PASSES = 5;

  private RecordSizes() {}

  public static void main(String[] arguments) throws Exception {
    int perRecord = Integer.parseInt(arguments[0]);
    for (int file = 1; file < arguments.length; file++) {
      for (int pass = 0; pass < PASSES; pass++) {
        measure(Path.of(arguments[file]), perRecord, pass == PASSES - 1);
      }
    }
  }

  private static void measure(Path file, int perRecord, boolean print) throws Exception {
    var series = NeutralFile.read(file);
    int longest = series.stream().mapToInt(one -> one.times().length).max().orElse(0);
    var totals = new long[6];
    var columns = new SampleColumns();
    for (int step = 0; step < longest; step++) {
      for (int s = 0; s < series.size(); s++) {
        var one = series.get(s);
        if (step < one.times().length) {
          columns.add(s, one.times()[step], 0, Double.longBitsToDouble(one.bits()[step]));
          if (columns.size() == perRecord) {
            count(columns, totals);
            columns.clear();
          }
        }
      }
    }
    if (columns.size() > 0) {
      count(columns, totals);
    }
    if (print) {
      double n = totals[0];
      System.out.println(String.format(Locale.ROOT,
          "%-28s %.0f samples: %.2f B/sample, lz4 %.2f, zstd %.2f; write %.1f ns, read %.1f ns",
          file.getFileName(), n, totals[1] / n, totals[2] / n, totals[3] / n, totals[4] / n,
          totals[5] / n));
    }
  }

  private static void count(SampleColumns columns, long[] totals) {
    var cpu = ManagementFactory.getThreadMXBean();
    long start = cpu.getCurrentThreadCpuTime();
    WRITER.begin(TENANT, 1);
    WRITER.group(1, SampleKind.FLOAT, columns, 0, columns.size());
    var bytes = WRITER.finish();
    long written = cpu.getCurrentThreadCpuTime();
    READER.read(bytes);
    long read = cpu.getCurrentThreadCpuTime();
    totals[0] += columns.size();
    totals[1] += bytes.length;
    totals[2] += LZ4Factory.fastestInstance().fastCompressor().compress(bytes).length;
    totals[3] += Zstd.compress(bytes, 3).length;
    totals[4] += written - start;
    totals[5] += read - written;
  }

  private static final RecordWriter WRITER = new RecordWriter();
  private static final RecordReader READER = new RecordReader();
}
