package io.throughline.query.view;

import static org.assertj.core.api.Assertions.assertThat;

import io.throughline.query.ReadBarrier;
import io.throughline.store.Store;
import io.throughline.store.StoreSettings;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ViewOverStoreTest {
  private static final int SHARDS = 3;

  @Test
  void aRealStoresPagesAreThoseOfThePlainestOne(@TempDir Path folder) throws Exception {
    var shop = Shop.store();
    long middle = Shop.START_MS + 300_000;
    try (var store = Store.open(folder, StoreSettings.DEFAULTS.withBackgroundMerges(false))) {
      shop.writeTo(store, SHARDS, Shop.START_MS, middle);
      for (int shard = 0; shard < SHARDS; shard++) {
        store.shard(shard).flush();
      }
      shop.writeTo(store, SHARDS, middle, Shop.END_MS + 1);
      try (var plain = new ViewServer(shop, Shop.END_MS);
          var real = new ViewServer(store::snapshot, Shop.END_MS, ReadBarrier.NONE,
              ViewServer.PATIENT)) {
        for (var path : new String[] {"/services", "/services/shop%2Fcheckout?points=60",
            "/nodes/worker-3", "/services/shop%2Fcheckout?start=" + (middle - 60_000) + "&end="
                + (middle + 60_000) + "&points=24"}) {
          assertThat(real.get(path)).as(path).isEqualTo(plain.get(path));
        }
      }
    }
  }

  @Test
  void aServiceThatAppearsLaterIsOnTheNextPage(@TempDir Path folder) throws Exception {
    var shop = Shop.store();
    try (var store = Store.open(folder, StoreSettings.DEFAULTS.withBackgroundMerges(false));
        var real = new ViewServer(store::snapshot, Shop.END_MS, ReadBarrier.NONE,
            ViewServer.PATIENT)) {
      shop.without("target_info", "http_server_request_duration_seconds")
          .writeTo(store, SHARDS, Shop.START_MS, Shop.END_MS + 1);
      assertThat(ViewServer.strip(real.get("/services/shop%2Fcheckout?points=50"), "cpu")
          .get("state")
          .asText()).isEqualTo("not-measured");

      shop.writeTo(store, SHARDS, Shop.START_MS, Shop.END_MS + 1);

      assertThat(ViewServer.strip(real.get("/services/shop%2Fcheckout?points=51"), "cpu")
          .get("state")
          .asText()).isEqualTo("measured");
    }
  }
}
