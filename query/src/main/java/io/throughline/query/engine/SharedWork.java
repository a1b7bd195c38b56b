package io.throughline.query.engine;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.IntConsumer;
import org.jspecify.annotations.Nullable;

/**
 * Parts of one piece of work, taken by the thread that has it done and by helpers that happen to be idle. A helper that
 * comes late finds nothing left. After a failure the parts that nobody began are left out.
 */
final class SharedWork {

  private final int parts;
  private final IntConsumer work;
  private final AtomicInteger next = new AtomicInteger();
  private final CountDownLatch left;
  private final AtomicReference<@Nullable Throwable> failed = new AtomicReference<>();

  private SharedWork(int parts, IntConsumer work) {
    this.parts = parts;
    this.work = work;
    this.left = new CountDownLatch(parts);
  }

  /** Does all parts; throws what the first of them to fail threw. */
  static void run(int parts, Helpers helpers, IntConsumer work) {
    if (parts == 1) {
      work.accept(0);
      return;
    }
    var shared = new SharedWork(parts, work);
    int asked = 1;
    while (asked < parts && helpers.offer(shared::takeParts)) {
      asked++;
    }
    shared.takeParts();
    shared.awaitOthers();
    switch (shared.failed.get()) {
      case null -> {
        // All parts are done.
      }
      case RuntimeException failure -> throw failure;
      case Error failure -> throw failure;
      case Throwable impossible -> throw new IllegalStateException(impossible);
    }
  }

  private void takeParts() {
    for (int part = next.getAndIncrement(); part < parts; part = next.getAndIncrement()) {
      try {
        if (failed.get() == null) {
          work.accept(part);
        }
      } catch (RuntimeException | Error failure) {
        failed.compareAndSet(null, failure);
      } finally {
        left.countDown();
      }
    }
  }

  /** What others have begun reads a snapshot that is closed after the query, so an interrupt does not end the wait. */
  private void awaitOthers() {
    boolean interrupted = false;
    while (true) {
      try {
        left.await();
        break;
      } catch (InterruptedException _) {
        interrupted = true;
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }
}
