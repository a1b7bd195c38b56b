package io.throughline.agent.sidecar;

import io.vertx.core.MultiMap;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpClient;
import io.vertx.core.http.HttpClientRequest;
import io.vertx.core.http.HttpClientResponse;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.core.http.HttpVersion;
import io.vertx.core.http.RequestOptions;
import io.vertx.core.net.NetSocket;
import java.net.ConnectException;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/**
 * One request's way through the sidecar and back. On the event loop only.
 *
 * <p>Everything end to end is passed on as it came: method, target, host, headers with their case and
 * repetitions, bodies as they stream, interim answers (100, 103), the answer's trailers, upgrades.
 * Headers of one hop (RFC 9110 §7.6.1) are each connection's own. Nothing is added. A request's trailers are
 * lost, as Vert.x gives no access to them; RFC 9110 §6.5.1 lets an intermediary discard them.
 */
final class Exchange {

  /** Set on the answers that the sidecar itself makes, and its value is the {@code error.type}. */
  static final String OWN_ANSWER = "Throughline-Sidecar";
  /** By which a caller says which service it is: {@code NAMESPACE/NAME}. */
  static final String CLIENT = "Throughline-Client";

  private static final Set<String> HOP_BY_HOP = hopByHop();
  private static final Set<HttpMethod> SAFE = Set.of(HttpMethod.GET, HttpMethod.HEAD,
      HttpMethod.OPTIONS);

  private final Sidecar sidecar;
  private final Vertx vertx;
  private final ServiceMetrics metrics;
  private final HttpServerRequest request;
  private final HttpServerResponse response;
  private final String method;
  private final boolean hasBody;
  private final Runnable atEnd;
  private final long startNanos = System.nanoTime();
  private final long timer;
  private @Nullable HttpClientRequest out;
  private boolean queued = true;
  private boolean answering;
  private boolean finished;
  private boolean retried;

  Exchange(Sidecar sidecar, Vertx vertx, ServiceMetrics metrics, HttpServerRequest request,
      long answerMs, Runnable atEnd) {
    this.atEnd = atEnd;
    this.sidecar = sidecar;
    this.vertx = vertx;
    this.metrics = metrics;
    this.request = request;
    this.response = request.response();
    this.method = ServiceMetrics.method(request.method().name());
    this.hasBody = request.version() == HttpVersion.HTTP_2
        ? !request.isEnded()
        : request.headers().contains(HttpHeaders.CONTENT_LENGTH)
            || request.headers().contains(HttpHeaders.TRANSFER_ENCODING);
    this.timer = vertx.setTimer(answerMs, id -> timedOutOnLoop());
  }

  /** {@code room}: whether the request may be sent or wait; else it is refused. */
  void beginOnLoop(HttpClient client, RequestOptions upstream, boolean room) {
    metrics.accepted(method);
    if (!room) {
      answerOwnOnLoop(503, "queue_full",
          "all connections to the service are busy and too many requests wait for one");
      return;
    }
    request.pause();
    request.exceptionHandler(this::clientLeftOnLoop);
    response.exceptionHandler(this::clientLeftOnLoop);
    response.closeHandler(closed -> clientLeftOnLoop(null));
    connectOnLoop(client, upstream);
  }

  private void connectOnLoop(HttpClient client, RequestOptions upstream) {
    client.request(upstream).onComplete(connected -> {
      leaveQueue();
      if (connected.failed()) {
        failOnLoop(connected.cause());
        return;
      }
      HttpClientRequest next = connected.result();
      out = next;
      if (finished) {
        next.reset();
        return;
      }
      sendOnLoop(next, client, upstream);
    });
  }

  private void sendOnLoop(HttpClientRequest to, HttpClient client, RequestOptions upstream) {
    boolean upgrade = isUpgrade();
    copyHeaders(request.headers(), to.headers(), upgrade);
    if (request.version() == HttpVersion.HTTP_2 && request.authority() != null) {
      to.authority(request.authority());
    }
    to.earlyHintsHandler(response::writeEarlyHints);
    if (upgrade) {
      to.connect().onSuccess(this::upgradeOnLoop).onFailure(this::failOnLoop);
      return;
    }
    to.response().onSuccess(this::answerOnLoop).onFailure(cause -> {
      boolean again = !retried && !hasBody && !answering && !finished
          && SAFE.contains(request.method()) && !(cause instanceof TimeoutException);
      if (again) {
        // The service may have closed a kept connection just as it was used: ask once more on another.
        retried = true;
        connectOnLoop(client, upstream);
      } else {
        failOnLoop(cause);
      }
    });
    if (!hasBody) {
      to.end();
      return;
    }
    if (!to.headers().contains(HttpHeaders.CONTENT_LENGTH)) {
      to.setChunked(true);
    }
    if (request.headers().contains(HttpHeaders.EXPECT, HttpHeaders.CONTINUE, true)) {
      to.continueHandler(go -> response.writeContinue());
      to.sendHead();
    }
    request.pipe().endOnFailure(false).to(to);
  }

  private void answerOnLoop(HttpClientResponse from) {
    if (finished) {
      return;
    }
    answering = true;
    vertx.cancelTimer(timer);
    response.setStatusCode(from.statusCode());
    // Only where it is the service's own words: once set, Vert.x no longer knows a 304 and adds a length.
    if (request.version() != HttpVersion.HTTP_2
        && !from.statusMessage().equals(response.getStatusMessage())) {
      response.setStatusMessage(from.statusMessage());
    }
    copyHeaders(from.headers(), response.headers(), false);
    boolean sized = from.headers().contains(HttpHeaders.CONTENT_LENGTH);
    boolean empty = HttpMethod.HEAD.equals(request.method()) || from.statusCode() == 204
        || from.statusCode() == 304;
    if (!sized && !empty) {
      response.setChunked(true);
    }
    from.pipe().endOnSuccess(false).endOnFailure(false).to(response).onComplete(passed -> {
      if (passed.failed()) {
        finish(from.statusCode(), finished ? "" : "upstream_reset");
        response.reset();
        return;
      }
      if (!from.trailers().isEmpty()) {
        response.trailers().addAll(from.trailers());
      }
      response.end()
          .onComplete(ended -> finish(from.statusCode(), ended.failed() ? "client_closed" : ""));
    });
  }

  private void upgradeOnLoop(HttpClientResponse from) {
    if (from.statusCode() != 101) {
      answerOnLoop(from);
      return;
    }
    answering = true;
    vertx.cancelTimer(timer);
    response.setStatusCode(101);
    copyHeaders(from.headers(), response.headers(), true);
    NetSocket service = from.netSocket();
    service.pause();
    request.toNetSocket().onSuccess(client -> {
      client.pause();
      client.pipeTo(service).onComplete(end -> finish(101, ""));
      service.pipeTo(client).onComplete(end -> finish(101, ""));
      client.closeHandler(closed -> service.close());
      service.closeHandler(closed -> client.close());
    }).onFailure(cause -> {
      finish(101, "client_closed");
      service.close();
    });
  }

  /** An upgrade to HTTP/2 is an offer that may be passed over, and is: it would be a tunnel not measured. */
  private boolean isUpgrade() {
    String to = request.getHeader(HttpHeaders.UPGRADE);
    return request.version() == HttpVersion.HTTP_1_1 && !hasBody && to != null
        && !to.equalsIgnoreCase("h2c")
        && request.headers().contains(HttpHeaders.CONNECTION, HttpHeaders.UPGRADE, true);
  }

  private void failOnLoop(Throwable cause) {
    if (finished) {
      return;
    }
    switch (cause) {
      case TimeoutException late ->
        answerOwnOnLoop(504, "timeout", "the service did not answer in time");
      case ConnectException refused -> answerOwnOnLoop(502, "upstream_refused",
          "the service does not accept connections at " + sidecar.upstream());
      default -> answerOwnOnLoop(502, "upstream_reset",
          "the service closed the connection before it answered");
    }
  }

  private void timedOutOnLoop() {
    if (finished || answering) {
      return;
    }
    answerOwnOnLoop(504, "timeout", "the service did not begin its answer in time");
    if (out != null) {
      out.reset();
    }
  }

  private void answerOwnOnLoop(int status, String error, String text) {
    finish(answering ? 0 : status, error);
    if (answering || response.headWritten()) {
      response.reset();
      return;
    }
    answering = true;
    response.headers().clear();
    response.setStatusCode(status)
        .putHeader(OWN_ANSWER, error)
        .putHeader(HttpHeaders.CONTENT_TYPE, "text/plain; charset=utf-8");
    if (status == 503) {
      response.putHeader(HttpHeaders.RETRY_AFTER, "1");
    }
    if (hasBody && !request.isEnded()) {
      // What is left of the body will not be read: the connection cannot be used again.
      response.putHeader(HttpHeaders.CONNECTION, HttpHeaders.CLOSE);
    }
    response.end("throughline sidecar: " + text + "\n");
  }

  private void clientLeftOnLoop(@Nullable Throwable cause) {
    if (finished) {
      return;
    }
    finish(response.headWritten() ? response.getStatusCode() : 0, "client_closed");
    if (out != null) {
      out.reset();
    }
  }

  private void leaveQueue() {
    if (queued) {
      queued = false;
      metrics.leftQueue(System.nanoTime() - startNanos);
    }
  }

  private void finish(int status, String error) {
    if (finished) {
      return;
    }
    finished = true;
    vertx.cancelTimer(timer);
    leaveQueue();
    String type = error.isEmpty() && status >= 500 ? Integer.toString(status) : error;
    String caller = request.getHeader(CLIENT);
    metrics.finished(method, request.uri(), status, type, caller == null ? "" : caller,
        System.nanoTime() - startNanos);
    atEnd.run();
  }

  private static void copyHeaders(MultiMap from, MultiMap to, boolean upgrade) {
    Set<String> named = connectionOptions(from);
    for (Map.Entry<String, String> header : from) {
      String name = header.getKey();
      boolean ofHop = HOP_BY_HOP.contains(name) || named.contains(name);
      boolean ofUpgrade = name.equalsIgnoreCase("Upgrade") || name.equalsIgnoreCase("Connection");
      if (!ofHop || (upgrade && ofUpgrade)) {
        to.add(name, header.getValue());
      }
    }
  }

  /** The headers that {@code Connection} says belong to this hop. */
  private static Set<String> connectionOptions(MultiMap headers) {
    String value = headers.get(HttpHeaders.CONNECTION);
    if (value == null || value.equalsIgnoreCase("keep-alive") || value.equalsIgnoreCase("close")) {
      return Set.of();
    }
    var names = new TreeSet<>(String.CASE_INSENSITIVE_ORDER);
    for (String line : headers.getAll(HttpHeaders.CONNECTION)) {
      for (String name : line.split(",", -1)) {
        names.add(name.strip());
      }
    }
    return names;
  }

  private static Set<String> hopByHop() {
    // TE stays: "trailers" is what makes gRPC servers answer with them. Proxy-* are not ours to eat.
    var names = new TreeSet<>(String.CASE_INSENSITIVE_ORDER);
    names.addAll(Set.of("Connection", "Keep-Alive", "Proxy-Connection", "Transfer-Encoding",
        "Upgrade", "HTTP2-Settings"));
    return names;
  }
}
