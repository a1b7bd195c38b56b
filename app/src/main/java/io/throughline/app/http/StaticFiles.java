package io.throughline.app.http;

import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpMethod;
import io.vertx.ext.web.RoutingContext;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * The dashboard, from the {@code ui} folder of the class path, in memory once asked for. Files under {@code
 * assets/} carry a hash in their name and are kept by browsers for ever; others are asked for anew each time
 * and mostly answered with 304. A path without a file is a page of the dashboard, whose address is its state.
 */
final class StaticFiles {
  private static final int MOST_FILES = 512;
  private static final String CONTENT_SECURITY = "default-src 'self'; style-src 'self' "
      + "'unsafe-inline'; img-src 'self' data: blob:; frame-ancestors 'none'; base-uri 'self'";
  private static final Map<String, String> TYPES = Map.ofEntries(
      Map.entry("html", "text/html; charset=utf-8"),
      Map.entry("js", "text/javascript; charset=utf-8"),
      Map.entry("css", "text/css; charset=utf-8"), Map.entry("svg", "image/svg+xml"),
      Map.entry("png", "image/png"), Map.entry("ico", "image/x-icon"),
      Map.entry("woff2", "font/woff2"), Map.entry("woff", "font/woff"),
      Map.entry("json", "application/json"), Map.entry("webmanifest", "application/manifest+json"),
      Map.entry("txt", "text/plain; charset=utf-8"), Map.entry("map", "application/json"));

  private record File(Buffer content, String type, String tag) {}

  private final ConcurrentHashMap<String, File> files = new ConcurrentHashMap<>();

  /** Serves what is asked for, or hands on. */
  void onLoop(RoutingContext context) {
    var path = context.normalizedPath();
    boolean get = context.request().method() == HttpMethod.GET
        || context.request().method() == HttpMethod.HEAD;
    if (!get || isApi(path) || path.contains("..")) {
      context.next();
      return;
    }
    var name = path.equals("/") ? "index.html" : path.substring(1);
    var known = files.get(name);
    if (known != null) {
      answer(context, name, known);
      return;
    }
    context.vertx().executeBlocking(() -> find(name), false).onComplete(found -> {
      if (found.failed()) {
        context.fail(found.cause());
      } else if (found.result() == null) {
        context.next();
      } else {
        answer(context, name, found.result());
      }
    });
  }

  private static boolean isApi(String path) {
    return path.startsWith("/api/") || path.startsWith("/-/") || path.startsWith("/v1/")
        || path.equals("/metrics");
  }

  private @Nullable File find(String name) {
    var file = load(name);
    if (file == null && name.lastIndexOf('.') <= name.lastIndexOf('/')) {
      return load("index.html");
    }
    return file;
  }

  private @Nullable File load(String name) {
    var known = files.get(name);
    if (known != null) {
      return known;
    }
    try (var in = StaticFiles.class.getResourceAsStream("/ui/" + name)) {
      if (in == null || name.isEmpty() || name.endsWith("/")) {
        return null;
      }
      var bytes = in.readAllBytes();
      var extension = name.substring(name.lastIndexOf('.') + 1);
      var file = new File(Buffer.buffer(bytes),
          TYPES.getOrDefault(extension, "application/octet-stream"),
          '"' + HexFormat.of().formatHex(sha256(bytes), 0, 12) + '"');
      if (files.size() < MOST_FILES) {
        files.put(name, file);
      }
      return file;
    } catch (IOException unreadable) {
      throw new UncheckedIOException(unreadable);
    }
  }

  private static byte[] sha256(byte[] bytes) {
    try {
      return MessageDigest.getInstance("SHA-256").digest(bytes);
    } catch (NoSuchAlgorithmException impossible) {
      throw new IllegalStateException("every Java has SHA-256", impossible);
    }
  }

  private static void answer(RoutingContext context, String name, File file) {
    var response = context.response();
    response.putHeader(HttpHeaders.ETAG, file.tag)
        .putHeader(HttpHeaders.CACHE_CONTROL,
            name.startsWith("assets/") ? "public, max-age=31536000, immutable" : "no-cache")
        .putHeader("Content-Security-Policy", CONTENT_SECURITY)
        .putHeader("X-Content-Type-Options", "nosniff")
        .putHeader("Referrer-Policy", "no-referrer");
    if (file.tag.equals(context.request().getHeader(HttpHeaders.IF_NONE_MATCH))) {
      response.setStatusCode(304).end();
      return;
    }
    response.putHeader(HttpHeaders.CONTENT_TYPE, file.type);
    if (context.request().method() == HttpMethod.HEAD) {
      response.putHeader(HttpHeaders.CONTENT_LENGTH, "" + file.content.length()).end();
    } else {
      response.end(file.content);
    }
  }
}
