package io.throughline.query.view;

import static org.assertj.core.api.Assertions.assertThat;

import io.throughline.testkit.Await;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class BoardTest {
  private static final Locale BEFORE = Locale.getDefault();

  /** Chronicle upper-cases method names in the machine's language; conf/jvm.options sets English. */
  @BeforeAll
  static void speakEnglish() {
    Locale.setDefault(Locale.ENGLISH);
  }

  @AfterAll
  static void speakAsBefore() {
    Locale.setDefault(BEFORE);
  }

  @Test
  void anOverviewFromTheBoardIsThatWhichWouldBeComputedAndReadsNoSample(@TempDir Path folder)
      throws Exception {
    var shop = Shop.store();
    try (var plain = new ViewServer(shop, Shop.END_MS);
        var kept = ViewServer.withBoard(shop, Shop.END_MS, folder)) {
      var wanted = plain.get("/services");

      Await.until("an overview comes from the board", () -> {
        kept.raw("/services?count=" + Integer.MAX_VALUE);
        return kept.api().servedFromBoard() > 0;
      });
      // Another spelling of the same request, so that the reply is not that of the same second.
      var shown = kept.get("/services?window=900.0");

      assertThat(shown).isEqualTo(wanted);
      long served = kept.api().servedFromBoard();
      for (var layout : new String[] {"/services?layout=columns&first=0&count=2",
          "/services?spark=rate", "/services?cluster=nowhere"}) {
        assertThat(kept.get(layout)).as(layout).isEqualTo(plain.get(layout));
        assertThat(kept.api().servedFromBoard()).as(layout).isEqualTo(++served);
      }
    }
  }

  @Test
  void theKeeperRestsLongButNotSoLongThatABoardOfSecondsIsTooOldToBeShown() {
    assertThat(restMs(10, 10)).as("at least a second").isEqualTo(1_000);
    assertThat(restMs(100, 100)).isEqualTo(2_000);
    assertThat(restMs(900, 900)).as("5,000 services").isEqualTo(4_100);
    assertThat(restMs(900, 3_000)).as("5,000 services, on a busy machine").isEqualTo(2_700);
    assertThat(restMs(900, 9_000)).as("waiting is no work").isEqualTo(2_700);
    assertThat(restMs(4_000, 4_000)).as("too much for any board").isEqualTo(12_000);
  }

  private static long restMs(long workMs, long tookMs) {
    return TimeUnit.NANOSECONDS.toMillis(BoardKeeper
        .restNanos(TimeUnit.MILLISECONDS.toNanos(workMs), TimeUnit.MILLISECONDS.toNanos(tookMs)));
  }

  @Test
  void anotherReaderOfTheFileGetsTheRowsByTheirKeys(@TempDir Path folder) throws Exception {
    try (var kept = ViewServer.withBoard(Shop.store(), Shop.END_MS, folder)) {
      Await.until("the board is published", () -> {
        kept.raw("/services");
        return Files.exists(folder.resolve("current"));
      });
      try (var reader = BoardFile.openCurrent(folder, BoardKeeper.ENTRIES)) {
        var row = reader.get(BoardFile.key("default", "service", "shop/checkout"));

        assertThat(row).isNotNull();
        if (row != null) {
          assertThat(row.atMs()).isEqualTo(Shop.END_MS - PageMaker.LEAST_DELAY_MS);
          assertThat(new String(row.json(), StandardCharsets.UTF_8))
              .startsWith("{\"id\":\"shop/checkout\"")
              .contains("\"rate\":{\"state\":\"measured\"");
        }
        assertThat(reader.get(BoardFile.key("default", "node", Shop.HOST))).isNotNull();
        assertThat(reader.get(BoardFile.key("other", "service", "shop/checkout"))).isNull();
      }
    }
  }

  @Test
  void aFullBoardDropsTheRowWrittenLongestAgoAndCountsIt(@TempDir Path folder) throws Exception {
    try (var board = BoardFile.create(folder, 3)) {
      for (var id : new String[] {"a", "b", "c", "a", "d"}) {
        board.put(id, 7, id.getBytes(StandardCharsets.UTF_8));
      }

      assertThat(board.get("b")).isNull();
      assertThat(board.get("a")).isNotNull();
      assertThat(board.get("d")).isNotNull();
      assertThat(board.dropped()).isEqualTo(1);
    }
  }

  @Test
  void eachStartMakesANewFileAndTheOldOneStaysTheCurrentUntilTheNewIsFilled(@TempDir Path folder)
      throws Exception {
    try (var old = BoardFile.create(folder, 10)) {
      old.put("a", 1, new byte[] {'x'});
      old.publish();
      try (var fresh = BoardFile.create(folder, 10)) {
        try (var reader = BoardFile.openCurrent(folder, 10)) {
          assertThat(reader.get("a")).isNotNull();
        }
        fresh.put("b", 2, new byte[] {'y'});
        fresh.publish();

        try (var reader = BoardFile.openCurrent(folder, 10); var files = Files.list(folder)) {
          assertThat(reader.get("a")).isNull();
          assertThat(reader.get("b")).isNotNull();
          assertThat(files.map(file -> String.valueOf(file.getFileName())))
              .containsExactlyInAnyOrder("current", "board-2.map");
        }
      }
    }
  }
}
