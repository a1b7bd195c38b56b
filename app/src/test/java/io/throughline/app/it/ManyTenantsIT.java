package io.throughline.app.it;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ManyTenantsIT {
  private static final int TENANTS = 1_000;
  private static final int SERIES = 10;

  @TempDir
  private Path folder;

  @Test
  void eachOfAThousandFreshTenantsReadsItsOwnWritesAndNobodyElses() throws Exception {
    try (var up = UpProcess.start(folder.resolve("data"), "--no-agent")) {
      long now = System.currentTimeMillis();
      var tookNanos = new long[TENANTS];
      for (int t = 0; t < TENANTS; t++) {
        var tenant = "tenant-" + t;
        var body = new RemoteWrite();
        for (int s = 0; s < SERIES; s++) {
          body.sample(Map.of("__name__", "own", "job", "j", "instance", "i", "s", "" + s), now, t);
        }
        assertThat(up.write(tenant, body.body())).isEqualTo(204);
        long started = System.nanoTime();
        var found = up.query(tenant, "own", now);
        tookNanos[t] = System.nanoTime() - started;
        assertThat(found).hasSize(SERIES);
        assertThat(found.getJsonObject(3).getJsonArray("value").getString(1)).isEqualTo("" + t);
      }

      Arrays.sort(tookNanos);
      // Said, not asserted: a time depends on what else the machine does.
      System.err.println("query of a fresh tenant: p50 " + tookNanos[TENANTS / 2] / 1_000_000.0
          + " ms, p99 " + tookNanos[TENANTS * 99 / 100] / 1_000_000.0 + " ms");
    }
  }
}
