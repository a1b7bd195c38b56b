package io.throughline.store.transfer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.throughline.model.Failure;
import io.throughline.model.Labels;
import io.throughline.model.NativeHistogram;
import io.throughline.model.SeriesMetadata;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What other systems wrote is handed over sample for sample, or refused by name. */
final class ImportTest {
  @TempDir
  private Path folder;

  /** Keeps everything. */
  private static final class Kept implements ImportTarget {
    private final List<Labels> series = new ArrayList<>();
    private final TreeMap<Labels, TreeMap<Long, Long>> samples = new TreeMap<>();
    private final TreeMap<Labels, SeriesMetadata> metadata = new TreeMap<>();
    private ImportProgress last = new ImportProgress(0, 0, 0, 0, 0, 0);

    @Override
    public int series(Labels labels, SeriesMetadata described) {
      series.add(labels);
      metadata.put(labels, described);
      return series.size() - 1;
    }

    @Override
    public void sample(int handle, long timeMs, double value) {
      samples.computeIfAbsent(series.get(handle), key -> new TreeMap<>())
          .put(timeMs, Double.doubleToRawLongBits(value));
    }

    @Override
    public void histogram(int handle, long timeMs, NativeHistogram histogram) {
      throw new AssertionError("no histogram is in what these tests read");
    }

    @Override
    public void progress(ImportProgress progress) {
      assertThat(progress.doneBytes()).isBetween(last.doneBytes(), progress.totalBytes());
      last = progress;
    }
  }

  private Path write(String text) throws IOException {
    return Files.writeString(folder.resolve("metrics.txt"), text);
  }

  @Test
  void openMetricsIsReadWithItsMetadataEscapesAndSpecialValues() throws IOException {
    var kept = new Kept();
    var file = write("""
        # HELP http_requests Requests \\\\ served.
        # TYPE http_requests counter
        # UNIT http_requests requests
        http_requests_total{path="/a\\"b\\\\c\\nd",code="200"} 12.5 1700000000.123 # {trace="x"} 1 1
        http_requests_total{path="/a\\"b\\\\c\\nd",code="200"} +Inf 1700000001
        up 1 -1.5
        up NaN 2
        {"a metric","a label"="{}"} 3 4
        # EOF
        """);

    var progress = OpenMetricsFile.read(file, kept);

    var requests = Labels.of("__name__", "http_requests_total", "code", "200", "path",
        "/a\"b\\c\nd");
    assertThat(kept.samples.get(requests))
        .isEqualTo(new TreeMap<>(Map.of(1_700_000_000_123L, Double.doubleToRawLongBits(12.5),
            1_700_000_001_000L, Double.doubleToRawLongBits(Double.POSITIVE_INFINITY))));
    var described = kept.metadata.getOrDefault(requests, SeriesMetadata.UNKNOWN);
    assertThat(described.type().promName()).isEqualTo("counter");
    assertThat(described.help()).isEqualTo("Requests \\ served.");
    assertThat(kept.samples.get(Labels.of("__name__", "up"))).containsKeys(-1500L, 2000L);
    assertThat(kept.samples).containsKey(Labels.of("__name__", "a metric", "a label", "{}"));
    assertThat(progress.samples()).isEqualTo(5);
    assertThat(progress.doneBytes()).isEqualTo(Files.size(file));
    assertThat(kept.last).isEqualTo(progress);
  }

  @Test
  void aWrongLineIsNamed() throws IOException {
    for (var wrong : List.of("up 1", "up x 1", "up 1 y", "up{a=\"b\" 1 2", "up{a=b} 1 2",
        "up{a=\"1\",a=\"2\"} 1 2", "{a=\"1\"} 1 2")) {
      var file = write("up 1 1\n" + wrong + "\n# EOF\n");

      assertThatThrownBy(() -> OpenMetricsFile.read(file, new Kept())).as(wrong)
          .isInstanceOf(Failure.class)
          .hasMessageContaining("metrics.txt line 2");
    }
  }

  @Test
  void aFileThatWasCutIsSaidToBe() throws IOException {
    var file = write("up 1 1\n");

    assertThatThrownBy(() -> OpenMetricsFile.read(file, new Kept())).hasMessageContaining("# EOF");
  }

  @Test
  void aFolderThatIsNoBlockIsSaidToBeNone() {
    assertThatThrownBy(() -> PrometheusBlock.read(folder, new Kept())).isInstanceOf(Failure.class)
        .hasMessageContaining("no block of Prometheus");
  }

  /** With blocks that promtool makes. */
  @Nested
  final class AgainstPrometheus {

    private Path block(String text) throws IOException, InterruptedException {
      var promtool = Path.of("/usr/bin/promtool");
      if (!Files.exists(promtool)) {
        System.out.println("skipped: promtool is not installed");
      }
      assumeTrue(Files.exists(promtool), "promtool is not installed");
      var process = new ProcessBuilder(promtool.toString(), "tsdb", "create-blocks-from",
          "openmetrics", write(text).toString(), folder.resolve("blocks").toString())
          .redirectErrorStream(true)
          .start();
      var said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      assertThat(process.waitFor()).as(said).isZero();
      try (var blocks = Files.list(folder.resolve("blocks"))) {
        return blocks.filter(Files::isDirectory).toList().getFirst();
      }
    }

    private static String text() {
      var random = new Random(3);
      var text = new StringBuilder();
      for (int series = 0; series < 40; series++) {
        long timeMs = 1_699_999_200_000L;
        double value = series;
        for (int i = 0; i < 400; i++) {
          timeMs += switch (random.nextInt(20)) {
            case 0 -> 1 + random.nextInt(9000);
            case 1 -> 1 + random.nextInt(40);
            default -> 5000;
          };
          value = switch (series % 4) {
            case 0 -> value;
            case 1 -> value + random.nextInt(100);
            case 2 -> random.nextGaussian();
            default -> random.nextInt(3) == 0 ? Double.NEGATIVE_INFINITY : i / 10.0;
          };
          text.append("m")
              .append(series % 3)
              .append("{i=\"")
              .append(series)
              .append("\"} ")
              .append(Double.isInfinite(value) ? "-Inf" : Double.toString(value))
              .append(' ')
              .append(String.format(Locale.ROOT, "%d.%03d", timeMs / 1000, timeMs % 1000))
              .append('\n');
        }
      }
      return text.append("# EOF\n").toString();
    }

    @Test
    void aBlockHoldsTheSamplesOfTheTextItWasMadeOf() throws IOException, InterruptedException {
      var wanted = new Kept();
      var got = new Kept();
      var block = block(text());

      OpenMetricsFile.read(folder.resolve("metrics.txt"), wanted);
      var progress = PrometheusBlock.read(block, got);

      assertThat(got.samples).isEqualTo(wanted.samples);
      assertThat(progress.samples()).isEqualTo(16_000);
      assertThat(progress.doneBytes()).isEqualTo(progress.totalBytes());
    }

    @Test
    void aFlippedBitIsFoundOrHarmless() throws IOException, InterruptedException {
      var block = block(text());
      var wanted = new Kept();
      PrometheusBlock.read(block, wanted);
      var random = new Random(9);
      int refused = 0;
      for (int i = 0; i < 60; i++) {
        var file = block.resolve(i % 2 == 0 ? "index" : "chunks/000001");
        var whole = Files.readAllBytes(file);
        var bytes = whole.clone();
        int at = random.nextInt(bytes.length);
        bytes[at] ^= (byte) (1 << random.nextInt(8));
        Files.write(file, bytes);
        var got = new Kept();
        try {
          PrometheusBlock.read(block, got);
          assertThat(got.samples).as("byte " + at).isEqualTo(wanted.samples);
        } catch (Failure damaged) {
          assertThat(damaged.category()).isEqualTo(Failure.Category.CORRUPT);
          refused++;
        }
        Files.write(file, whole);
      }

      assertThat(refused).isGreaterThan(30);
    }
  }
}
