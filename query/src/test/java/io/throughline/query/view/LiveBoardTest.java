package io.throughline.query.view;

import static org.assertj.core.api.Assertions.assertThat;

import io.throughline.model.Tenant;
import io.throughline.query.catalogue.Catalogue;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;

class LiveBoardTest {

  @Test
  void refreshingShowsWhatComputingTheWholeWindowShows() throws Exception {
    var shop = Shop.store();
    var follower = new RegistryFollower(Catalogue.builtIn());
    var computed = new ComputedBoard(follower, Catalogue.builtIn());
    var live = new LiveBoard(computed);

    for (long end = Shop.END_MS - 240_000; end <= Shop.END_MS - 2_000; end += 7_000) {
      try (var snapshot = shop.snapshot()) {
        follower.follow(snapshot);
        var shown = live.overview(Tenant.DEFAULT, snapshot, end, 300_000, 60);
        var whole = computed.overview(Tenant.DEFAULT, snapshot, end, 300_000, 60);

        // The columns that were still filling when they were last read again agree as well.
        assertThat(text(shown)).isEqualTo(text(whole));
      }
    }
  }

  private static String text(Overview overview) {
    return new String(ViewJson.overview(overview, Scope.Where.UNKNOWN, Sparks.ALL, List.of()),
        StandardCharsets.UTF_8);
  }
}
