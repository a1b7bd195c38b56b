package io.throughline.query.view;

import static org.assertj.core.api.Assertions.assertThat;

import io.throughline.query.ReadBarrier;
import io.throughline.testkit.Await;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class FollowerTest {

  @Test
  void aPageDoesNotWaitForALongPassOverTheRegistryAndSaysWhatIsMissing() throws Exception {
    var mayFollow = new CountDownLatch(1);
    var shop = Shop.store();
    var impatient = new ViewSettings(Duration.ofNanos(1), 2, 256, 1 << 20);
    try (var view = new ViewServer(() -> {
      if (Thread.currentThread().getName().equals("view-follower")) {
        try {
          mayFollow.await();
        } catch (InterruptedException e) {
          Thread.currentThread().interrupt();
        }
      }
      return shop.snapshot();
    }, Shop.END_MS, ReadBarrier.NONE, impatient)) {
      assertThat(view.raw("/services?points=50").body()).contains("still reading the registry: ",
          "\"services\":[]");

      mayFollow.countDown();

      // Another number of points each time: a live reply is shared within its second.
      var points = new AtomicInteger(100);
      Await.until("the service is found",
          () -> view.raw("/services?points=" + points.incrementAndGet())
              .body()
              .contains("shop/checkout"));
    }
  }
}
