package io.throughline.collector;

import io.throughline.model.Failure;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Function;
import java.util.function.Supplier;

/**
 * The threads that decode bodies, each with decoders of its own. Bodies that wait or are being decoded hold
 * at most {@code maxInFlightBytes}; beyond, a request is refused at once as UNAVAILABLE.
 */
final class Decoders implements AutoCloseable {
  private final CollectorSettings settings;
  private final Intake intake;
  private final ExecutorService threads;
  private final ExecutorService reserved;
  private final ThreadLocal<Own> own;
  private final AtomicLong inFlightBytes = new AtomicLong();

  /** One thread's decoders, and the body it is at. */
  record Own(RemoteWriteDecoder remoteWrite, OtlpDecoder otlp, SnappyBody body) {}

  Decoders(CollectorSettings settings, Intake intake, Supplier<Own> make) {
    this.settings = settings;
    this.intake = intake;
    // Bound to the pool's own threads, which are as many as there are cores and live as long as it.
    this.own = ThreadLocal.withInitial(make);
    var number = new AtomicInteger();
    this.threads = Executors.newFixedThreadPool(settings.decoderThreads(),
        task -> Thread.ofPlatform()
            .name("collector-decoder-" + number.incrementAndGet())
            .daemon()
            .unstarted(task));
    this.reserved = Executors.newSingleThreadExecutor(
        Thread.ofPlatform().name("collector-decoder-reserved").daemon().factory());
  }

  /** Runs the work on one of the threads; completes with what the work's stage completes with. */
  CompletionStage<Outcome> submit(int bytes, Function<Own, CompletionStage<Outcome>> work) {
    if (inFlightBytes.addAndGet(bytes) > settings.maxInFlightBytes()) {
      inFlightBytes.addAndGet(-bytes);
      return CompletableFuture.failedFuture(Failure.unavailable("bodies of " + inFlightBytes.get()
          + " bytes are being decoded, at most " + settings.maxInFlightBytes()
          + " at a time (collector.max-in-flight-bytes); send again later"));
    }
    intake.bodyComes();
    try {
      return CompletableFuture.supplyAsync(() -> {
        try {
          return work.apply(own.get());
        } finally {
          taken(bytes);
        }
      }, threads).thenCompose(Function.identity());
    } catch (RejectedExecutionException closed) {
      taken(bytes);
      return CompletableFuture.failedFuture(Failure.unavailable("the collector is stopping"));
    }
  }

  private void taken(int bytes) {
    inFlightBytes.addAndGet(-bytes);
    intake.bodyTaken();
  }

  /** As {@link #submit}, on a thread of its own and without a bound: one such request is under way at a time. */
  CompletionStage<Outcome> submitReserved(Function<Own, CompletionStage<Outcome>> work) {
    return CompletableFuture.supplyAsync(() -> work.apply(own.get()), reserved)
        .thenCompose(Function.identity());
  }

  @Override
  public void close() {
    threads.shutdownNow();
    reserved.shutdownNow();
  }
}
