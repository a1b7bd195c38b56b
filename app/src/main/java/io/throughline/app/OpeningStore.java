package io.throughline.app;

import io.throughline.store.Store;
import io.throughline.store.StoreSettings;
import java.nio.file.Path;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;

/**
 * The store, opened on a thread of its own while the broker starts: neither needs the other, and each of them
 * waits for a disk or for a clock some of its time.
 *
 * <p>{@link #close} closes it, and waits for it to have been opened before.
 */
final class OpeningStore implements AutoCloseable {
  private final CompletableFuture<Store> opening = new CompletableFuture<>();

  OpeningStore(Path folder, StoreSettings settings) {
    Thread.ofPlatform().name("throughline-store-opening").start(() -> {
      try {
        opening.complete(Store.open(folder, settings));
      } catch (RuntimeException | Error failed) {
        opening.completeExceptionally(failed);
      }
    });
  }

  /** Waits until it is open. Fails as {@link Store#open} does. */
  Store store() {
    try {
      return opening.join();
    } catch (CompletionException failed) {
      if (failed.getCause() instanceof RuntimeException wrong) {
        throw wrong;
      }
      throw failed;
    }
  }

  @Override
  public void close() {
    opening.handle((store, failed) -> {
      if (failed == null) {
        store.close();
      }
      return store;
    }).join();
  }
}
