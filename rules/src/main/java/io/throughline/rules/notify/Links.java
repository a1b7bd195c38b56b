package io.throughline.rules.notify;

import io.throughline.model.Labels;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Arrays;
import java.util.stream.Collectors;

/** Addresses of the pane: the page of the service that an alert names, else the overview, around the alert's time. */
final class Links {

  private static final long AROUND_MS = 15 * 60_000L;

  private Links() {}

  /** @param firedAtMs 0 for never */
  static String to(String externalUrl, Labels labels, long activeAtMs, long firedAtMs) {
    var job = labels.getOrEmpty("job");
    var path = job.isEmpty() ? "/" : "/s/" + encodeId(job);
    long atMs = firedAtMs == 0 ? activeAtMs : firedAtMs;
    var base = externalUrl.endsWith("/")
        ? externalUrl.substring(0, externalUrl.length() - 1)
        : externalUrl;
    return base + path + "?from=" + time(activeAtMs - AROUND_MS) + "&to=" + time(atMs + AROUND_MS)
        + "&at=" + time(atMs);
  }

  /** Slashes of an id stay; a step of dots alone would be eaten on the way and gets a tilde in front. */
  private static String encodeId(String id) {
    return Arrays.stream(id.split("/", -1))
        .map(step -> step.matches("~*\\.{1,2}")
            ? "~" + step
            : URLEncoder.encode(step, StandardCharsets.UTF_8)
                .replace("+", "%20")
                .replace("%3A", ":"))
        .collect(Collectors.joining("/"));
  }

  /** Whole seconds, which is all that a page needs. */
  private static String time(long millis) {
    return Instant.ofEpochSecond(Math.floorDiv(millis, 1000L)).toString();
  }
}
