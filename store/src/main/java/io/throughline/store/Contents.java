package io.throughline.store;

import io.throughline.store.head.Head;
import io.throughline.store.part.Part;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * A head and the parts before it, in log order. Whoever uses it holds a reference; with the last one go
 * its references to the parts, and the head's pages once no other contents share that head.
 */
final class Contents {
  private final HeadReference head;
  private final List<Part> parts;
  private final AtomicInteger references = new AtomicInteger(1);

  private static final class HeadReference {
    private final Head head;
    private final AtomicInteger references = new AtomicInteger(1);

    HeadReference(Head head) {
      this.head = head;
    }
  }

  /** The first contents of a shard; takes over the opener's references. */
  Contents(Head head, List<Part> parts) {
    this.head = new HeadReference(head);
    this.parts = List.copyOf(parts);
  }

  /** The contents that follow {@code before}, which still holds its own references. */
  Contents(Contents before, Head head, List<Part> parts) {
    if (before.head.head == head) {
      this.head = before.head;
      this.head.references.incrementAndGet();
    } else {
      this.head = new HeadReference(head);
    }
    this.parts = List.copyOf(parts);
    for (var part : parts) {
      // A part that is new here brings its opener's reference.
      if (before.parts.contains(part) && !part.tryAcquire()) {
        throw new IllegalStateException(part.file() + " is retired");
      }
    }
  }

  Head head() {
    return head.head;
  }

  List<Part> parts() {
    return parts;
  }

  boolean tryAcquire() {
    return references.getAndUpdate(n -> n == 0 ? 0 : n + 1) > 0;
  }

  void release() {
    if (references.decrementAndGet() == 0) {
      parts.forEach(Part::release);
      if (head.references.decrementAndGet() == 0) {
        head.head.recycle();
      }
    }
  }
}
