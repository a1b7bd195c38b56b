package io.throughline.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class LabelsTest {

  @Test
  void namesAreSortedAndEmptyValuesAreAbsent() {
    var labels = Labels.of("job", "shop", "__name__", "up", "zone", "", "instance", "a:1");

    assertThat(labels.toString()).isEqualTo("up{instance=\"a:1\", job=\"shop\"}");
    assertThat(labels.size()).isEqualTo(3);
    assertThat(labels.get("zone")).isNull();
    assertThat(labels.getOrEmpty("zone")).isEmpty();
  }

  @Test
  void theCanonicalBytesAreThoseOfTheClassDoc() {
    var labels = Labels.of("job", "é", "__name__", "up");

    assertThat(HexFormat.of().formatHex(labels.canonicalBytes()))
        .isEqualTo("08" + "5f5f6e616d655f5f" + "02" + "7570" + "03" + "6a6f62" + "02" + "c3a9");
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5})
  void canonicalBytesReadBackAndSortAsTheLabelsDo(long seed) {
    var random = new Random(seed);
    var sets = new ArrayList<Labels>();
    for (int i = 0; i < 200; i++) {
      sets.add(randomLabels(random));
    }

    for (var labels : sets) {
      var bytes = labels.canonicalBytes();
      assertThat(Labels.fromCanonicalBytes(bytes, 0, bytes.length)).isEqualTo(labels);
    }
    for (int i = 1; i < sets.size(); i++) {
      var left = sets.get(i - 1);
      var right = sets.get(i);
      assertThat(Integer.signum(left.compareTo(right))).isEqualTo(compareByUtf8(left, right));
    }
  }

  @ParameterizedTest
  @ValueSource(longs = {11, 12, 13})
  void brokenCanonicalBytesAreRefusedAndNeverMisread(long seed) {
    var random = new Random(seed);
    for (int i = 0; i < 2_000; i++) {
      var bytes = randomLabels(random).canonicalBytes();
      var broken = Arrays.copyOf(bytes, random.nextInt(bytes.length + 1));
      if (broken.length > 0) {
        broken[random.nextInt(broken.length)] = (byte) random.nextInt();
      }

      Labels read;
      try {
        read = Labels.fromCanonicalBytes(broken, 0, broken.length);
      } catch (IllegalArgumentException refused) {
        continue;
      }

      // What is accepted has a canonical form that reads back as itself: invalid UTF-8 was replaced.
      var canonical = read.canonicalBytes();
      assertThat(Labels.fromCanonicalBytes(canonical, 0, canonical.length)).isEqualTo(read);
    }
  }

  @Test
  void descendingNamesAreRefusedWithBothNames() {
    var bytes = new byte[] {1, 'b', 1, 'x', 1, 'a', 1, 'y'};

    assertThatThrownBy(() -> Labels.fromCanonicalBytes(bytes, 0, bytes.length))
        .hasMessageContaining("'a' stands after 'b'");
  }

  @Test
  void withoutTakesLabelsAwayAndLeavesTheRest() {
    var labels = Labels.of("a", "1", "b", "2", "c", "3");

    assertThat(labels.without("b", "x")).isEqualTo(Labels.of("a", "1", "c", "3"));
    assertThat(labels.without("x")).isSameAs(labels);
  }

  private static int compareByUtf8(Labels left, Labels right) {
    int shared = Math.min(left.size(), right.size());
    for (int i = 0; i < shared; i++) {
      int order = Arrays.compareUnsigned(utf8(left.name(i)), utf8(right.name(i)));
      if (order == 0) {
        order = Arrays.compareUnsigned(utf8(left.value(i)), utf8(right.value(i)));
      }
      if (order != 0) {
        return Integer.signum(order);
      }
    }
    return Integer.signum(Integer.compare(left.size(), right.size()));
  }

  private static byte[] utf8(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  private static Labels randomLabels(Random random) {
    var builder = new Labels.Builder();
    int count = random.nextInt(6);
    for (int i = 0; i < count; i++) {
      builder.set(randomText(random), randomText(random));
    }
    return builder.build();
  }

  private static String randomText(Random random) {
    var text = new StringBuilder();
    int length = 1 + random.nextInt(random.nextInt(10) == 0 ? 200 : 4);
    for (int i = 0; i < length; i++) {
      text.appendCodePoint(switch (random.nextInt(5)) {
        case 0 -> 0x1F600 + random.nextInt(20);
        case 1 -> 0xE000 + random.nextInt(0x1000);
        case 2 -> 0xE0 + random.nextInt(20);
        default -> 'a' + random.nextInt(4);
      });
    }
    return text.toString();
  }
}
