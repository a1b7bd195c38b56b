package io.throughline.store.part;

import static org.assertj.core.api.Assertions.assertThat;

import io.throughline.model.NativeHistogram;
import io.throughline.store.Need;
import io.throughline.store.SampleBuffer;
import io.throughline.store.column.ByteSink;
import io.throughline.store.column.Scratch;
import io.throughline.store.disk.FileDisk;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The bytes of a part are what its format page shows. */
final class PartFormatTest {
  @TempDir
  private Path folder;

  private Path write() throws IOException {
    var file = folder.resolve("part-00000001.tlp");
    try (var out = new PartWriter(new FileDisk(), file, 3)) {
      var samples = new SampleBuffer();
      for (int i = 0; i < 4; i++) {
        samples.add(1_700_000_000_000L + i * 1000L, 0, 20.5 + i * 0.1);
      }
      out.add(7, samples);
      samples.clear();
      for (int i = 0; i < 4; i++) {
        samples.add(1_700_000_000_000L + i * 1000L, 1_600_000_000_000L, 42);
      }
      out.add(9, samples);
      out.finish(100, 104);
    }
    return file;
  }

  @Test
  void theFormatPageShowsTheBytesOfAPart() throws IOException {
    var bytes = Files.readAllBytes(write());
    var dump = new StringBuilder();
    for (int at = 0; at < bytes.length; at += 16) {
      var hex = HexFormat.ofDelimiter(" ").formatHex(bytes, at, Math.min(at + 16, bytes.length));
      dump.append(HexFormat.of().toHexDigits((short) at)).append("  ").append(hex).append('\n');
    }

    var page = Files.readString(Path.of("../docs/formats/store.md"));

    assertThat(page).contains(dump);
  }

  @Test
  void theFirstChunkOfASeriesIsFoundWhateverGapsTheIdsHave() throws IOException {
    for (int seed = 0; seed < 20; seed++) {
      var random = new Random(seed);
      int gap = 1 + random.nextInt(4);
      var chunksOf = new TreeMap<Integer, Integer>();
      var file = folder.resolve("part-1000000" + seed + ".tlp");
      try (var out = new PartWriter(new FileDisk(), file, 0)) {
        var samples = new SampleBuffer();
        for (int id = random.nextInt(50), n = 0; n < 700; id += 1 + random.nextInt(gap), n++) {
          samples.clear();
          int chunks = seed % 3 == 0 ? 2 : 1 + random.nextInt(2);
          samples.add(0, 0, id);
          if (chunks == 2) {
            // Of another kind, so that it begins a chunk.
            samples.add(1, 0, NativeHistogram.stale());
          }
          out.add(id, samples);
          chunksOf.put(id, chunks);
        }
        out.finish(0, 1);
      }
      var part = Part.open(new FileDisk(), file, 0);
      int row = 0;
      for (int id = -1; id <= chunksOf.lastKey() + 1; id++) {
        assertThat(part.find(id)).as("series " + id + " seed " + seed)
            .isEqualTo(chunksOf.containsKey(id) ? row : -1);
        while (row < part.rows() && part.seriesOf(row) == id) {
          row++;
        }
      }
      assertThat(row).isEqualTo(part.rows())
          .isEqualTo(chunksOf.values().stream().mapToInt(Integer::intValue).sum());
      part.release();
    }
  }

  /** The file was written by the first version of the format, whose columns have no anchors. */
  @Test
  void aPartOfTheFirstVersionReadsWholeAndInPieces() throws IOException {
    var part = Part.open(new FileDisk(), Path.of("src/test/resources/formats/part-version-1.tlp"),
        0);
    var whole = new SampleBuffer();
    part.read(part.find(7), 0, Long.MAX_VALUE, whole, new Scratch());
    var piece = new SampleBuffer();
    part.read(part.find(7), 1_700_000_700_000L, 1_700_000_900_000L, piece, new Scratch());

    assertThat(whole.size()).isEqualTo(1_500);
    for (int i = 0; i < whole.size(); i++) {
      assertThat(whole.values()[i]).isEqualTo(i * 3 + i % 7);
    }
    assertThat(piece.size()).isEqualTo(201);
    assertThat(piece.values()[0]).isEqualTo(700 * 3);
    part.release();
  }

  /** The file was written by the second version, merged, whose chunks have no summaries. */
  @Test
  void aPartOfTheSecondVersionReadsWholeAlsoWhereLessIsNeeded() throws IOException {
    var part = Part.open(new FileDisk(), Path.of("src/test/resources/formats/part-version-2.tlp"),
        0);
    var into = new SampleBuffer();
    part.read(part.find(7), Need.HIGHEST, 0, Long.MAX_VALUE, into, new Scratch());
    var other = new SampleBuffer();
    part.read(part.find(9), Need.CHANGE, 0, Long.MAX_VALUE, other, new Scratch());

    assertThat(into.size()).isEqualTo(1_500);
    assertThat(into.leftOut()).isZero();
    assertThat(into.values()[1_499]).isEqualTo(1_499 * 3 + 1_499 % 7);
    assertThat(other.size()).isEqualTo(1_500);
    assertThat(other.values()[1_499]).isEqualTo(Math.sin(1_499));
    assertThat(other.startMs(0)).isEqualTo(1_600_000_000_000L);
    part.release();
  }

  /** The file was written by the third version as a large merge's, so a column of it is entropy coded. */
  @Test
  void aPartOfTheThirdVersionReadsWholeAndInPieces() throws IOException {
    var part = Part.open(new FileDisk(), Path.of("src/test/resources/formats/part-version-3.tlp"),
        0);
    for (int series : new int[] {7, 9}) {
      var whole = new SampleBuffer();
      part.read(part.find(series), 0, Long.MAX_VALUE, whole, new Scratch());
      var piece = new SampleBuffer();
      part.read(part.find(series), 1_700_000_700_000L, 1_700_000_900_000L, piece, new Scratch());

      var random = new Random(series);
      double total = 0;
      assertThat(whole.size()).isEqualTo(1_500);
      for (int i = 0; i < whole.size(); i++) {
        int next = random.nextInt(40) * random.nextInt(40);
        total = series == 7 ? total + next * random.nextInt(40) : next;
        assertThat(whole.values()[i]).as("value %s of series %s", i, series).isEqualTo(total);
      }
      assertThat(piece.size()).isEqualTo(201);
      assertThat(Arrays.copyOf(piece.values(), 201))
          .isEqualTo(Arrays.copyOfRange(whole.values(), 700, 901));
    }
    part.release();
  }

  @Test
  void theFormatPageShowsTheBytesOfASummary() throws IOException {
    var out = new ByteSink(16);
    var values = new double[256];
    for (int i = 0; i < 256; i++) {
      values[i] = (i + 1) / 4.0;
    }

    ChunkSummary.write(values, 256, out);

    assertThat(Files.readString(Path.of("../docs/formats/store.md")))
        .contains("`" + HexFormat.ofDelimiter(" ").formatHex(out.array(), 0, out.size()) + "`");
  }

  @Test
  void aPartReadsBackWhatWasWrittenAndKeepsEqualTimesOnce() throws IOException {
    var part = Part.open(new FileDisk(), write(), 0);
    var into = new SampleBuffer();
    part.read(part.find(9), 1_700_000_001_000L, 1_700_000_002_000L, into, new Scratch());

    assertThat(into.size()).isEqualTo(2);
    assertThat(into.startMs(1)).isEqualTo(1_600_000_000_000L);
    assertThat(into.values()[1]).isEqualTo(42);
    assertThat(part.find(8)).isEqualTo(-1);
    assertThat(part.info()).isEqualTo(new PartInfo(3, 100, 104, 1_700_000_000_000L,
        1_700_000_003_000L, 8, 2, Files.size(part.file())));
    part.release();
  }
}
