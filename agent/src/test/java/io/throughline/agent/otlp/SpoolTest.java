package io.throughline.agent.otlp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SpoolTest {

  @TempDir
  private Path folder;

  @Test
  void requestsComeBackInOrderAlsoAfterARestart() throws Exception {
    try (Spool spool = Spool.open(folder, 1 << 20)) {
      spool.append(bytes("one"));
      spool.append(bytes("two"));
      assertThat(text(spool.peek())).isEqualTo("one");
      spool.remove();
      spool.append(bytes("three"));
    }

    try (Spool spool = Spool.open(folder, 1 << 20)) {
      spool.append(bytes("four"));

      // "one" is sent twice: where delivery stands within a segment is not kept.
      assertThat(drain(spool)).containsExactly("one", "two", "three", "four");
      assertThat(spool.isEmpty()).isTrue();
    }
    assertThat(segments()).isEmpty();
  }

  @Test
  void overTheCapTheOldestSegmentGoesAndItsRequestsAreCounted() throws Exception {
    byte[] half = new byte[Spool.SEGMENT_BYTES / 2];
    try (Spool spool = Spool.open(folder, 2L * Spool.SEGMENT_BYTES)) {
      for (int i = 0; i < 10; i++) {
        spool.append(half);
      }

      assertThat(spool.dropped()).isPositive();
      assertThat(spool.dropped() + drain(spool).size()).isEqualTo(10);
    }
  }

  @Test
  void aTornRecordEndsItsSegmentAndTheNextIsRead() throws Exception {
    try (Spool spool = Spool.open(folder, 1 << 20)) {
      spool.append(bytes("whole"));
      spool.append(bytes("torn"));
    }
    Path first = segments().getFirst();
    byte[] content = Files.readAllBytes(first);
    Files.write(first, Arrays.copyOf(content, content.length - 2));
    try (Spool spool = Spool.open(folder, 1 << 20)) {
      spool.append(bytes("later"));

      assertThat(drain(spool)).containsExactly("whole", "later");
      assertThat(spool.dropped()).isEqualTo(1);
    }
  }

  @Test
  void aFlippedBitIsFound() throws Exception {
    try (Spool spool = Spool.open(folder, 1 << 20)) {
      spool.append(bytes("request"));
    }
    Path first = segments().getFirst();
    byte[] content = Files.readAllBytes(first);
    content[content.length - 1] ^= 4;
    Files.write(first, content, StandardOpenOption.TRUNCATE_EXISTING);

    try (Spool spool = Spool.open(folder, 1 << 20)) {
      assertThat(spool.peek()).isNull();
      assertThat(spool.dropped()).isEqualTo(1);
    }
  }

  @Test
  void aSegmentLooksAsItsPageSays() throws Exception {
    try (Spool spool = Spool.open(folder, 1 << 20)) {
      spool.append(bytes("ok"));
    }

    assertThat(segments().getFirst().getFileName()).hasToString("0000000000000000.spool");
    assertThat(HexFormat.ofDelimiter(" ").formatHex(Files.readAllBytes(segments().getFirst())))
        .isEqualTo("02 00 00 00 70 60 cb 6e 6f 6b");
  }

  @Test
  void aFolderInUseIsRefused() throws Exception {
    try (Spool first = Spool.open(folder, 1 << 20)) {
      assertThat(first.isEmpty()).isTrue();
      assertThatThrownBy(() -> Spool.open(folder, 1 << 20))
          .hasMessageContaining("in use by another process");
    }
  }

  private List<Path> segments() throws IOException {
    try (var files = Files.list(folder)) {
      return files.filter(f -> f.toString().endsWith(".spool")).sorted().toList();
    }
  }

  private static List<String> drain(Spool spool) throws IOException {
    var drained = new ArrayList<String>();
    for (byte[] next = spool.peek(); next != null; next = spool.peek()) {
      drained.add(text(next));
      spool.remove();
    }
    return drained;
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  private static String text(byte @Nullable [] bytes) {
    return bytes == null ? "" : new String(bytes, StandardCharsets.UTF_8);
  }
}
