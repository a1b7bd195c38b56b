package io.throughline.query.view;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import io.throughline.model.Labels;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.regex.Pattern;

/**
 * Half an hour of scrapes, one each 15 s, written down as an exposition of which {@code +n} is a counter's
 * growth per second and {@code n} a level.
 */
final class Scraped {
  static final long END_MS = 1_800_000_000_000L;
  private static final Pattern LINE = Pattern.compile("([\\w:]+)(?:\\{(.*)})? +(\\+?[-0-9.e]+)");
  private static final Pattern LABEL = Pattern.compile("(\\w+)=\"([^\"]*)\"");

  /** Half an hour of scrapes of one target. */
  static MemoryStore scrape(MemoryStore store, String target, String exposition) {
    for (var line : exposition.strip().lines().toList()) {
      var parsed = LINE.matcher(line.strip());
      assertThat(parsed.matches()).as(line).isTrue();
      var labels = Labels.of("__name__", parsed.group(1)).toBuilder();
      for (var text : new String[] {target, parsed.group(2) == null ? "" : parsed.group(2)}) {
        var label = LABEL.matcher(text);
        while (label.find()) {
          labels.set(label.group(1), label.group(2));
        }
      }
      boolean counter = parsed.group(3).startsWith("+");
      double value = Double.parseDouble(parsed.group(3));
      for (long s = 0; s <= 1800; s += 15) {
        store.add(labels.build(), END_MS - 1_800_000 + s * 1000, 0,
            counter ? 1000 + s * value : value);
      }
    }
    return store;
  }

  private Scraped() {}

  /** @param errors NaN where the source tells none; lower and upper NaN where it tells no quantile */
  static void assertGolden(String service, double rate, double errors, double lower, double upper,
      String target, String exposition) throws Exception {
    try (var view = new ViewServer(scrape(new MemoryStore(), target, exposition), END_MS)) {
      var services = view.get("/services").get("services");
      JsonNode found = null;
      for (var each : services) {
        if (each.get("id").asText().equals(service)) {
          found = each.get("signals");
        }
      }
      assertThat(found).as("services are " + services.findValuesAsText("id")).isNotNull();
      if (found == null) {
        return;
      }
      assertThat(found.at("/rate/value").asDouble()).isCloseTo(rate, within(0.01));
      if (Double.isNaN(errors)) {
        assertThat(found.at("/errors/state").asText()).isEqualTo("not-measured");
        assertThat(found.at("/errors/reason").asText()).isNotBlank();
      } else {
        assertThat(found.at("/errors/value").asDouble()).isCloseTo(errors, within(0.001));
      }
      if (Double.isNaN(lower)) {
        assertThat(found.at("/p99/state").asText()).isEqualTo("not-measured");
        assertThat(found.at("/p99/reason").asText()).isNotBlank();
      } else {
        assertThat(found.at("/p99/lower").asDouble()).isCloseTo(lower, within(1e-9));
        assertThat(found.at("/p99/upper").asDouble()).isCloseTo(upper, within(1e-9));
        assertThat(found.at("/p99/value").asDouble()).isBetween(lower, upper);
      }
    }
  }

  /** A service's page. */
  static JsonNode page(ViewServer view, String service) throws Exception {
    return view.get("/services/" + URLEncoder.encode(service, StandardCharsets.UTF_8));
  }
}
