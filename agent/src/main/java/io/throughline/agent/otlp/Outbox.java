package io.throughline.agent.otlp;

import io.throughline.agent.otlp.Destination.Outcome;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Delivers requests to a collector in the order they were offered, from a thread of its own.
 *
 * <p>While the collector is away, up to {@code memoryBytes} wait in memory and then, where there is a
 * spool folder, up to {@code spoolBytes} on disk, the oldest going first to disk; past both bounds the
 * oldest are dropped and counted. A request the collector refuses for good (4xx) is dropped and
 * counted, so that one bad request cannot hold up the rest. Delivery is at least once. {@link #offer} never
 * waits for the network. Thread-safe.
 */
public final class Outbox implements AutoCloseable {

  private static final long FIRST_WAIT_MS = 500;
  private static final long LONGEST_WAIT_MS = 15_000;
  private static final long GOODBYE_MS = 2_000;
  private static final long COMPLAINT_INTERVAL_NANOS = 60_000_000_000L;

  private final Destination destination;
  private final int memoryBytes;
  private final @Nullable Spool spool;
  private final Consumer<String> log;
  private final Thread sender;
  // Guarded by this: the requests not yet delivered, the oldest first, behind those in the spool.
  private final ArrayDeque<byte[]> waiting = new ArrayDeque<>();
  private int waitingBytes;
  private boolean closing;
  private boolean away;
  private long sent;
  private long dropped;
  private long refused;
  private long lastComplaintNanos = System.nanoTime() - COMPLAINT_INTERVAL_NANOS;

  /**
   * Starts the sender's thread.
   *
   * @param spoolFolder made where absent; null = memory only
   * @param log one line for the operator: collector lost, found again, requests refused
   */
  public Outbox(Destination destination, int memoryBytes, @Nullable Path spoolFolder,
      long spoolBytes, Consumer<String> log) {
    this.destination = destination;
    this.memoryBytes = memoryBytes;
    this.log = log;
    this.spool = openSpool(spoolFolder, spoolBytes, log);
    this.sender = Thread.ofPlatform().name("telemetry-sender").daemon().start(this::deliver);
  }

  /** Memory only, 4 MiB. */
  public Outbox(Destination destination, Consumer<String> log) {
    this(destination, 4 << 20, null, 0, log);
  }

  public synchronized void offer(byte[] request) {
    waiting.add(request);
    waitingBytes += request.length;
    while (waitingBytes > memoryBytes && waiting.size() > 1) {
      byte[] oldest = waiting.remove();
      waitingBytes -= oldest.length;
      putAside(oldest);
    }
    notifyAll();
  }

  /** Requests the collector took. */
  public synchronized long sent() {
    return sent;
  }

  /** Requests lost: past the bounds, damaged in the spool, or refused by the collector. */
  public synchronized long dropped() {
    return dropped + refused + (spool == null ? 0 : spool.dropped());
  }

  /** Whether the last attempt failed and the collector is being waited for. */
  public synchronized boolean isAway() {
    return away;
  }

  /** Sends what is left for at most two seconds; the rest goes to the spool, or is lost where there is none. */
  @Override
  public void close() {
    synchronized (this) {
      closing = true;
      notifyAll();
    }
    try {
      sender.join(GOODBYE_MS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    sender.interrupt();
    synchronized (this) {
      for (byte[] request : waiting) {
        putAside(request);
      }
      waiting.clear();
      waitingBytes = 0;
      if (spool != null) {
        try {
          spool.close();
        } catch (IOException e) {
          complain("cannot close the spool: " + e);
        }
      }
    }
  }

  private static @Nullable Spool openSpool(@Nullable Path folder, long bytes,
      Consumer<String> log) {
    if (folder == null) {
      return null;
    }
    try {
      return Spool.open(folder, bytes);
    } catch (IOException | NumberFormatException e) {
      log.accept("going on without a spool, what does not fit in memory is lost: " + e);
      return null;
    }
  }

  private void deliver() {
    long waitMs = FIRST_WAIT_MS;
    try {
      while (true) {
        byte[] request = next();
        if (request == null) {
          return;
        }
        Outcome outcome = destination.post(request);
        switch (outcome) {
          case Outcome.Accepted(String complaint) -> {
            waitMs = FIRST_WAIT_MS;
            delivered(request, complaint);
          }
          case Outcome.Refused(String reason) -> refused(request, reason);
          case Outcome.Unavailable(String reason, long askedMs) -> {
            boolean goodbye = unavailable(reason);
            if (goodbye) {
              return;
            }
            pause(Math.max(waitMs, askedMs));
            waitMs = Math.min(waitMs * 2, LONGEST_WAIT_MS);
          }
        }
      }
    } catch (InterruptedException e) {
      // Closed while waiting: close() puts what is left aside.
      Thread.currentThread().interrupt();
    }
  }

  /** The oldest request, waited for; null once closing and there is none. */
  private synchronized byte @Nullable [] next() throws InterruptedException {
    while (true) {
      byte[] spooled = peekSpool();
      if (spooled != null) {
        return spooled;
      }
      byte[] first = waiting.peek();
      if (first != null) {
        return first;
      }
      if (closing) {
        return null;
      }
      wait();
    }
  }

  private byte @Nullable [] peekSpool() {
    if (spool == null) {
      return null;
    }
    try {
      return spool.peek();
    } catch (IOException e) {
      complain("cannot read the spool, it is left as it is: " + e);
      return null;
    }
  }

  private synchronized void delivered(byte[] request, String complaint) {
    remove(request);
    sent++;
    if (away) {
      away = false;
      log.accept("collector is back: " + destination.endpoint());
    }
    if (!complaint.isEmpty()) {
      complain("collector took a request in part: " + complaint);
    }
  }

  private synchronized void refused(byte[] request, String reason) {
    remove(request);
    refused++;
    complain("collector refused a request, dropped: " + reason);
  }

  private synchronized boolean unavailable(String reason) {
    if (!away) {
      away = true;
      log.accept("collector is away, buffering: " + reason);
    }
    return closing;
  }

  private synchronized void pause(long waitMs) throws InterruptedException {
    long untilNanos = System.nanoTime() + waitMs * 1_000_000;
    while (!closing) {
      long leftMs = (untilNanos - System.nanoTime()) / 1_000_000;
      if (leftMs <= 0) {
        return;
      }
      wait(leftMs);
    }
  }

  @SuppressWarnings("ReferenceEquality")
  private void remove(byte[] request) {
    // Identity: what was sent may meanwhile have moved to the spool, and is then sent once more.
    if (waiting.peek() == request) {
      waiting.remove();
      waitingBytes -= request.length;
    } else if (spool != null) {
      try {
        spool.remove();
      } catch (IOException e) {
        complain("cannot remove a delivered request from the spool: " + e);
      }
    }
  }

  private void putAside(byte[] request) {
    if (spool == null) {
      dropped++;
      return;
    }
    try {
      spool.append(request);
    } catch (IOException e) {
      dropped++;
      complain("cannot write the spool, a request is lost: " + e);
    }
  }

  private void complain(String text) {
    long now = System.nanoTime();
    if (now - lastComplaintNanos >= COMPLAINT_INTERVAL_NANOS) {
      lastComplaintNanos = now;
      log.accept(text);
    }
  }
}
