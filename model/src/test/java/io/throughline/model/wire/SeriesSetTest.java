package io.throughline.model.wire;

import static org.assertj.core.api.Assertions.assertThat;

import io.throughline.model.Failure;
import io.throughline.model.Labels;
import io.throughline.model.MetricType;
import io.throughline.model.SeriesMetadata;
import io.throughline.model.Tenant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SeriesSetTest {

  private static final Tenant SHOP = new Tenant("shop");
  private static final SeriesMetadata COUNTER = new SeriesMetadata(MetricType.COUNTER, "s", "é");

  @Test
  void theGoldenAdditionNeverChanges() {
    var writer = new SetWriter();
    writer.begin();
    writer.add(Labels.of("__name__", "up", "job", "a").canonicalBytes(), COUNTER);
    writer.add(Labels.of("__name__", "up", "job", "b").canonicalBytes(), COUNTER);

    assertThat(HexFormat.of().formatHex(writer.finish(SHOP, 1, 7, 3))).isEqualTo(GOLDEN);
    assertThat(HexFormat.of().formatHex(SetWriter.key(1, 7, 3)))
        .isEqualTo("0000000000000001" + "0000000000000007" + "00000003");
  }

  private static final String GOLDEN = "544c530101000000000000000473686f700703020101017302c3a90012085f5f6e616d655f5f027570036a6f6201610011016200";

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4})
  void additionsReadBackAndAFullRecordSaysSo(long seed) {
    var random = new Random(seed);
    var writer = new SetWriter();
    var reader = new SetReader();
    var added = new ArrayList<byte[]>();
    var metadata = new ArrayList<SeriesMetadata>();
    writer.begin();
    while (true) {
      var labels = Labels
          .of("__name__", "m" + random.nextInt(5), "pod", "p" + random.nextInt(), "x",
              "y".repeat(1 + random.nextInt(seed == 4 ? 900 : 30)))
          .canonicalBytes();
      var about = new SeriesMetadata(MetricType.ofCode(random.nextInt(8)), "",
          "h" + random.nextInt(3));
      if (!writer.add(labels, about)) {
        break;
      }
      added.add(labels);
      metadata.add(about);
    }

    reader.read(writer.finish(SHOP, 5, 6, 100));

    assertThat(reader.tenant()).isEqualTo(SHOP);
    assertThat(reader.collectorId()).isEqualTo(5);
    assertThat(reader.setNumber()).isEqualTo(6);
    assertThat(reader.firstOrdinal()).isEqualTo(100);
    assertThat(reader.count()).isEqualTo(added.size());
    for (int i = 0; i < added.size(); i++) {
      assertThat(reader.labels(i)).isEqualTo(added.get(i));
      assertThat(reader.metadata(i)).isEqualTo(metadata.get(i));
    }
  }

  @ParameterizedTest
  @ValueSource(longs = {31, 32})
  void brokenAdditionsAreRefusedClearly(long seed) {
    var random = new Random(seed);
    var writer = new SetWriter();
    var reader = new SetReader();
    writer.begin();
    for (int i = 0; i < 20; i++) {
      writer.add(Labels.of("__name__", "m" + i, "pod", "p" + random.nextInt()).canonicalBytes(),
          COUNTER);
    }
    var good = writer.finish(SHOP, 1, 2, 3);
    for (int round = 0; round < 5_000; round++) {
      var bytes = Arrays.copyOf(good,
          random.nextInt(4) == 0 ? random.nextInt(good.length) : good.length);
      for (int flips = random.nextInt(4); flips > 0 && bytes.length > 0; flips--) {
        bytes[random.nextInt(bytes.length)] = (byte) random.nextInt();
      }

      try {
        reader.read(bytes);
      } catch (Failure refused) {
        assertThat(refused.category()).isEqualTo(Failure.Category.CORRUPT);
        assertThat(refused.getMessage()).contains("series set at byte");
      }
    }
  }
}
