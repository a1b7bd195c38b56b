package io.throughline.rules.notify;

import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.common.Attributes;
import io.opentelemetry.api.metrics.LongCounter;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One receiver's queue and the thread that empties it, in order, in batches of at most {@value #BATCH} alerts.
 *
 * <p>A delivery that fails is tried again after a pause that doubles from a quarter of a second to half a minute, until it
 * succeeds: the queue holds what comes meanwhile, and once it is full the oldest alerts are dropped and counted. What a
 * receiver refuses for good (4xx other than 408 and 429) is dropped at once. Alerts are sent in the order they came, so no
 * receiver hears of an end before its beginning.
 *
 * <p>What became of the newest notice of an alert is remembered for as many alerts as the queue holds; those that were told
 * longest ago are forgotten first.
 */
final class Receiver implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Receiver.class);
  private static final int BATCH = 256;
  private static final long FIRST_PAUSE_MS = 250;
  private static final long LONGEST_PAUSE_MS = 30_000;
  private static final AttributeKey<String> OUTCOME = AttributeKey.stringKey("throughline.outcome");
  private static final AttributeKey<String> RECEIVER = AttributeKey
      .stringKey("throughline.receiver");

  /** Writes a batch as this kind of receiver wants it. */
  interface Form {
    String kind();

    HttpRequest request(URI url, List<Notice> notices, Duration timeout);
  }

  private final URI url;
  private final Form form;
  private final int queueLength;
  private final Duration timeout;
  private final HttpClient client;
  private final InstantSource clock;
  private final LongCounter notifications;
  private final Thread thread;

  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();
  private final ArrayDeque<Notice> queue = new ArrayDeque<>();
  private final LinkedHashMap<String, Told> told = new LinkedHashMap<>(16, 0.75f, true);
  private int inFlight;
  private long delivered;
  private long dropped;
  private long failures;
  private String lastError = "";
  private long lastSuccessMs;
  private boolean closed;

  Receiver(String url, Form form, int queueLength, Duration timeout, HttpClient client,
      InstantSource clock, LongCounter notifications) {
    this.url = URI.create(url);
    this.form = form;
    this.queueLength = queueLength;
    this.timeout = timeout;
    this.client = client;
    this.clock = clock;
    this.notifications = notifications;
    this.thread = Thread.ofVirtual().name("notify-" + url).unstarted(this::deliver);
  }

  void start() {
    thread.start();
  }

  private record Told(boolean firing, Delivery delivery) {}

  /** Adds alerts; never waits. */
  void offer(List<Notice> notices) {
    lock.lock();
    try {
      for (var notice : notices) {
        if (queue.size() + inFlight >= queueLength && !queue.isEmpty()) {
          drop(List.of(queue.removeFirst()), "the queue was full");
        }
        queue.addLast(notice);
        var before = told.get(notice.id());
        if (before == null || before.firing != notice.firing()) {
          remember(notice, Delivery.State.QUEUED, 0, "");
        }
      }
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  private void drop(List<Notice> notices, String why) {
    dropped += notices.size();
    notifications.add(notices.size(), Attributes.of(RECEIVER, form.kind(), OUTCOME, "dropped"));
    notices.forEach(notice -> remember(notice, Delivery.State.DROPPED, attempts(notice), why));
  }

  private int attempts(Notice notice) {
    var before = told.get(notice.id());
    return before == null || before.delivery.state() == Delivery.State.DELIVERED
        ? 0
        : before.delivery.attempts();
  }

  private void remember(Notice notice, Delivery.State state, int attempts, String error) {
    told.put(notice.id(), new Told(notice.firing(),
        new Delivery(form.kind(), url.toString(), state, clock.millis(), attempts, error)));
    if (told.size() > queueLength) {
      told.pollFirstEntry();
    }
  }

  /** What became of telling of an alert, or null where it was not to be told lately. */
  @Nullable
  Delivery delivery(String id) {
    lock.lock();
    try {
      var known = told.get(id);
      return known == null ? null : known.delivery;
    } finally {
      lock.unlock();
    }
  }

  ReceiverStatus status() {
    lock.lock();
    try {
      return new ReceiverStatus(form.kind(), url.toString(), queue.size() + inFlight, delivered,
          dropped, failures, lastError, lastSuccessMs);
    } finally {
      lock.unlock();
    }
  }

  private void deliver() {
    try {
      long pauseMs = FIRST_PAUSE_MS;
      var batch = new ArrayList<Notice>();
      while (take(batch)) {
        pauseMs = attempt(batch) ? pause(pauseMs) : FIRST_PAUSE_MS;
      }
    } catch (InterruptedException ended) {
      Thread.currentThread().interrupt();
    }
  }

  /** Fills the batch, waiting for something to fill it with; false once closed. */
  private boolean take(List<Notice> batch) throws InterruptedException {
    lock.lockInterruptibly();
    try {
      while (batch.isEmpty() && queue.isEmpty() && !closed) {
        changed.await();
      }
      while (batch.size() < BATCH && !queue.isEmpty()) {
        batch.add(queue.pollFirst());
      }
      inFlight = batch.size();
      return !closed;
    } finally {
      lock.unlock();
    }
  }

  /** Waits, also while more is queued; answers how long to wait the next time. */
  private long pause(long pauseMs) throws InterruptedException {
    long leftNanos = TimeUnit.MILLISECONDS.toNanos(pauseMs);
    lock.lockInterruptibly();
    try {
      while (leftNanos > 0 && !closed) {
        leftNanos = changed.awaitNanos(leftNanos);
      }
    } finally {
      lock.unlock();
    }
    return Math.min(pauseMs * 2, LONGEST_PAUSE_MS);
  }

  /** Sends a batch and empties it if nothing more is to be done about it; true if it is to be tried again. */
  private boolean attempt(List<Notice> batch) throws InterruptedException {
    leave(batch);
    if (batch.isEmpty()) {
      return false;
    }
    String error;
    boolean refused = false;
    try {
      var response = client.send(form.request(url, batch, timeout),
          HttpResponse.BodyHandlers.ofString());
      int status = response.statusCode();
      if (status / 100 == 2) {
        done(batch);
        return false;
      }
      refused = status / 100 == 4 && status != 408 && status != 429;
      var body = response.body();
      error = "answered " + status + ": "
          + (body.length() > 200 ? body.substring(0, 200) + "…" : body);
    } catch (IOException failed) {
      error = failed.toString();
    }
    lock.lock();
    try {
      failures++;
      if (!error.equals(lastError)) {
        LOG.warn("alerts were not delivered, counted in throughline.rules.notifications url={} "
            + "reason={}", url, error);
      }
      lastError = error;
      notifications.add(batch.size(), Attributes.of(RECEIVER, form.kind(), OUTCOME, "failed"));
      for (var notice : batch) {
        remember(notice, Delivery.State.FAILED, attempts(notice) + 1, error);
      }
      if (refused) {
        drop(batch, error);
        batch.clear();
        inFlight = 0;
      }
    } finally {
      lock.unlock();
    }
    return !refused;
  }

  /** Leaves out what is another process' to tell by now. */
  private void leave(List<Notice> batch) {
    lock.lock();
    try {
      batch.removeIf(notice -> {
        boolean left = !notice.stillOurs().getAsBoolean();
        if (left) {
          notifications.add(1, Attributes.of(RECEIVER, form.kind(), OUTCOME, "left"));
          told.remove(notice.id());
        }
        return left;
      });
      inFlight = batch.size();
    } finally {
      lock.unlock();
    }
  }

  private void done(List<Notice> batch) {
    lock.lock();
    try {
      delivered += batch.size();
      notifications.add(batch.size(), Attributes.of(RECEIVER, form.kind(), OUTCOME, "delivered"));
      lastError = "";
      lastSuccessMs = clock.millis();
      for (var notice : batch) {
        remember(notice, Delivery.State.DELIVERED, attempts(notice) + 1, "");
      }
      batch.clear();
      inFlight = 0;
    } finally {
      lock.unlock();
    }
  }

  @Override
  public void close() {
    lock.lock();
    try {
      closed = true;
      changed.signalAll();
    } finally {
      lock.unlock();
    }
    thread.interrupt();
  }
}
