package io.throughline.app.demo;

import io.throughline.agent.otlp.ExponentialHistogram;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.Executor;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

/**
 * A service's workers: a fixed number of threads, a bounded queue before them, and how long requests
 * wait in it. A request that finds the queue full is refused ({@code RejectedExecutionException}).
 */
final class WorkerPool implements Executor {

  private static final int QUEUE = 256;

  private final ThreadPoolExecutor threads;
  // Guarded by itself.
  private final ExponentialHistogram waits = new ExponentialHistogram();

  WorkerPool(int workers) {
    threads = new ThreadPoolExecutor(workers, workers, 1, TimeUnit.MINUTES,
        new ArrayBlockingQueue<>(QUEUE), Thread.ofPlatform().name("worker-", 0).daemon().factory());
  }

  @Override
  public void execute(Runnable task) {
    long queuedNanos = System.nanoTime();
    threads.execute(() -> {
      synchronized (waits) {
        waits.record((System.nanoTime() - queuedNanos) / 1e9);
      }
      task.run();
    });
  }

  void resize(int workers) {
    if (workers > threads.getMaximumPoolSize()) {
      threads.setMaximumPoolSize(workers);
      threads.setCorePoolSize(workers);
    } else {
      threads.setCorePoolSize(workers);
      threads.setMaximumPoolSize(workers);
    }
  }

  int size() {
    return threads.getMaximumPoolSize();
  }

  int busy() {
    return threads.getActiveCount();
  }

  int queueLength() {
    return threads.getQueue().size();
  }

  /** To be read under its own lock. */
  ExponentialHistogram waits() {
    return waits;
  }
}
