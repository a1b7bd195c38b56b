package io.throughline.collector.produce;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;

/** A committed request: complete when every record that holds a part of it is acknowledged. */
final class Pending {
  final CompletableFuture<Void> done = new CompletableFuture<>();
  private final AtomicInteger missing = new AtomicInteger(1);

  /** One more record must be acknowledged. */
  void expect() {
    missing.incrementAndGet();
  }

  /** One record was acknowledged, or the last was sent. */
  void arrived() {
    if (missing.decrementAndGet() == 0) {
      done.complete(null);
    }
  }

  /** Whether nobody waits any more. */
  boolean isDone() {
    return done.isDone();
  }

  void fail(Throwable failure) {
    done.completeExceptionally(failure);
  }
}
