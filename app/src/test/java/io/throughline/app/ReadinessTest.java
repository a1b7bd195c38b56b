package io.throughline.app;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class ReadinessTest {

  @Test
  void itIsReadyOnlyWhereNothingIsKnownAWriteIsTakenAndAQueryAnswered() {
    assertThat(reason("", "", "")).isEmpty();
    assertThat(reason("starting", "no disk", "no threads")).isEqualTo("starting");
    assertThat(reason("", "no disk", "no threads")).isEqualTo("no disk");
    assertThat(reason("", "", "no threads")).isEqualTo("no threads");
  }

  @Test
  void aProbeThatBreaksIsAReasonToo() {
    try (var readiness = new Readiness(() -> "", () -> {
      throw new IllegalStateException("broken");
    }, () -> "")) {
      assertThat(readiness.reason().toCompletableFuture().join()).contains("broken");
    }
  }

  @Test
  void whoAsksMeanwhileSharesTheAnswerAndTheNextOneAsksAnew() {
    var writes = new AtomicInteger();
    var go = new CountDownLatch(1);
    try (var readiness = new Readiness(() -> "", () -> {
      await(go);
      return "write " + writes.incrementAndGet();
    }, () -> "")) {
      var first = readiness.reason();
      var second = readiness.reason();
      go.countDown();

      assertThat(first.toCompletableFuture().join()).isEqualTo("write 1");
      assertThat(second.toCompletableFuture().join()).isEqualTo("write 1");
      assertThat(readiness.reason().toCompletableFuture().join()).isEqualTo("write 2");
    }
  }

  private static String reason(String known, String write, String query) {
    try (var readiness = new Readiness(() -> known, () -> write, () -> query)) {
      return readiness.reason().toCompletableFuture().join();
    }
  }

  private static void await(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException interrupted) {
      throw new IllegalStateException(interrupted);
    }
  }
}
