package io.throughline.rules.notify;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.throughline.model.Failure;
import io.throughline.model.Failure.Category;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.format.DateTimeParseException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.Semaphore;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Silences, which Alertmanager keeps: read, made and ended through its API, version 2. Several Alertmanagers are taken for
 * one cluster that tells its members, so what one answers counts for all.
 *
 * <p>Thread-safe; calls wait for Alertmanager, at most {@value #MOST_WAITING} at a time (a further one is refused), each for the
 * delivery's timeout and at most {@value #LONGEST_SECONDS} s for each Alertmanager. An answer of more than {@value
 * #MOST_BYTES} bytes is refused.
 */
public final class Silences {

  private static final int MOST_WAITING = 4;
  private static final int LONGEST_SECONDS = 5;
  private static final int MOST_BYTES = 16 << 20;
  private static final long RECENT_MS = 5_000;
  private static final ObjectMapper JSON = new ObjectMapper();

  private final List<String> urls;
  private final Duration timeout;
  private final HttpClient client;
  private final InstantSource clock;
  private final Semaphore waiting = new Semaphore(MOST_WAITING);
  private final ReentrantLock refreshing = new ReentrantLock();
  private volatile Known known = new Known(List.of(), Map.of());
  private volatile long knownMs;

  /**
   * What Alertmanagers said.
   *
   * @param errors why one did not answer, by its address; "" for one that did
   */
  public record Known(List<Silence> silences, Map<String, String> errors) {

    /** Why no silence is known, or "": no Alertmanager answered. */
    public String unknownReason() {
      return errors.isEmpty() || errors.containsValue("") ? "" : String.join("; ", errors.values());
    }
  }

  Silences(List<String> urls, Duration timeout, HttpClient client, InstantSource clock) {
    this.urls = urls.stream()
        .map(url -> url.endsWith("/") ? url.substring(0, url.length() - 1) : url)
        .toList();
    this.timeout = timeout.toSeconds() < LONGEST_SECONDS
        ? timeout
        : Duration.ofSeconds(LONGEST_SECONDS);
    this.client = client;
    this.clock = clock;
  }

  /** All silences now, those in force first; never throws for an Alertmanager that is away. */
  public Known read() {
    if (urls.isEmpty()) {
      return new Known(List.of(), Map.of());
    }
    return waiting(() -> {
      var byId = new LinkedHashMap<String, Silence>();
      var errors = new TreeMap<String, String>();
      for (var url : urls) {
        try {
          var answer = ask(HttpRequest.newBuilder(URI.create(url + "/api/v2/silences")).GET());
          if (answer.status != 200) {
            throw new IOException(answer.said());
          }
          var list = answer.json();
          if (!list.isArray()) {
            throw new IOException("answered no list");
          }
          for (var one : list) {
            var silence = silence(one);
            byId.putIfAbsent(silence.id(), silence);
          }
          errors.put(url, "");
        } catch (IOException | DateTimeParseException failed) {
          errors.put(url, url + " did not say its silences: " + failed.getMessage());
        }
      }
      var order = List.of("active", "pending", "expired");
      var all = new ArrayList<>(byId.values());
      all.sort(Comparator.comparingInt((Silence one) -> order.indexOf(one.state()))
          .thenComparing(Comparator.comparingLong(Silence::endsMs).reversed()));
      known = new Known(List.copyOf(all), errors);
      knownMs = clock.millis();
      return known;
    });
  }

  /** What was read within the last {@value #RECENT_MS} ms; while one caller reads anew, others get what was read before. */
  public Known recent() {
    if (clock.millis() - knownMs >= RECENT_MS && refreshing.tryLock()) {
      try {
        return read();
      } catch (Failure busy) {
        return known;
      } finally {
        refreshing.unlock();
      }
    }
    return known;
  }

  /**
   * Makes a silence, or replaces the one with its id.
   *
   * @return the id
   * @throws Failure USER with Alertmanager's words if it refuses, UNAVAILABLE if none takes it
   */
  public String make(Silence silence) {
    var body = JSON.createObjectNode();
    if (!silence.id().isEmpty()) {
      body.put("id", silence.id());
    }
    var matchers = body.putArray("matchers");
    for (var match : silence.matchers()) {
      matchers.addObject()
          .put("name", match.name())
          .put("value", match.value())
          .put("isRegex", match.isRegex())
          .put("isEqual", match.isEqual());
    }
    body.put("startsAt", Instant.ofEpochMilli(silence.startsMs()).toString())
        .put("endsAt", Instant.ofEpochMilli(silence.endsMs()).toString())
        .put("createdBy", silence.createdBy())
        .put("comment", silence.comment());
    return first("taken", url -> {
      var answer = ask(HttpRequest.newBuilder(URI.create(url + "/api/v2/silences"))
          .header("Content-Type", "application/json")
          .POST(HttpRequest.BodyPublishers.ofString(body.toString())));
      if (answer.status == 404) {
        throw new Unknown("no silence " + silence.id() + " is known to " + url);
      }
      answer.refuse(url);
      return answer.json().path("silenceID").asText();
    });
  }

  /**
   * Ends a silence.
   *
   * @throws Unknown if no Alertmanager knows it
   * @throws Failure USER with Alertmanager's words if it refuses, UNAVAILABLE if none answers
   */
  public void end(String id) {
    first("ended", url -> {
      var answer = ask(HttpRequest.newBuilder(URI.create(url + "/api/v2/silence/" + id)).DELETE());
      if (answer.status == 404 || answer.status == 500 && answer.text.contains("not found")) {
        throw new Unknown("no silence " + id + " is known to " + url);
      }
      answer.refuse(url);
      return id;
    });
  }

  /** No Alertmanager knows the silence. */
  public static final class Unknown extends RuntimeException {
    private static final long serialVersionUID = 1L;

    Unknown(String message) {
      super(message);
    }
  }

  private interface Asking {
    String of(String url) throws IOException;
  }

  /** What the first Alertmanager says that answers. */
  private String first(String done, Asking asking) {
    if (urls.isEmpty()) {
      throw Failure.user("no Alertmanager is set (rules.alertmanagers): nobody keeps silences");
    }
    return waiting(() -> {
      var errors = new ArrayList<String>();
      for (var url : urls) {
        try {
          var said = asking.of(url);
          knownMs = 0;
          return said;
        } catch (IOException failed) {
          errors.add(url + ": " + failed.getMessage());
        }
      }
      throw Failure.unavailable("the silence was not " + done + ", no Alertmanager answers: "
          + String.join("; ", errors));
    });
  }

  private interface Waited<T> {
    T get();
  }

  private <T> T waiting(Waited<T> work) {
    if (!waiting.tryAcquire()) {
      throw Failure.unavailable(MOST_WAITING + " requests wait for Alertmanager already");
    }
    try {
      return work.get();
    } finally {
      waiting.release();
    }
  }

  private record Answer(int status, String text) {

    JsonNode json() throws IOException {
      return JSON.readTree(text);
    }

    String said() {
      return "answered " + status + ": "
          + (text.length() > 300 ? text.substring(0, 300) + "…" : text.strip());
    }

    /** Throws where the answer is not what was asked for: for good, or so that the next one is asked. */
    void refuse(String url) throws IOException {
      boolean forGood = status / 100 == 4 && status != 408 && status != 429
          || status == 500 && text.contains("expired");
      if (forGood) {
        throw new Failure(Category.USER, "Alertmanager " + url + " " + said());
      }
      if (status / 100 != 2) {
        throw new IOException(said());
      }
    }
  }

  private Answer ask(HttpRequest.Builder request) throws IOException {
    try {
      var response = client.send(request.timeout(timeout).build(),
          HttpResponse.BodyHandlers.ofInputStream());
      // The request's timeout ends with the head: a body that drips is bounded by its length alone.
      try (var body = response.body()) {
        var bytes = body.readNBytes(MOST_BYTES + 1);
        if (bytes.length > MOST_BYTES) {
          throw new IOException("answered more than " + MOST_BYTES + " bytes");
        }
        return new Answer(response.statusCode(), new String(bytes, StandardCharsets.UTF_8));
      }
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted", interrupted);
    }
  }

  private static Silence silence(JsonNode one) {
    var matchers = new ArrayList<Silence.Match>();
    for (var match : one.path("matchers")) {
      matchers.add(new Silence.Match(match.path("name").asText(), match.path("value").asText(),
          match.path("isRegex").asBoolean(), match.path("isEqual").asBoolean(true)));
    }
    return new Silence(one.path("id").asText(), one.path("status").path("state").asText(), matchers,
        time(one.path("startsAt")), time(one.path("endsAt")), time(one.path("updatedAt")),
        one.path("createdBy").asText(), one.path("comment").asText());
  }

  private static long time(JsonNode text) {
    return Instant.parse(text.asText()).toEpochMilli();
  }
}
