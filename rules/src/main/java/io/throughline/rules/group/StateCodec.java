package io.throughline.rules.group;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.throughline.model.Failure;
import io.throughline.model.Labels;
import java.io.IOException;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.TreeMap;

/**
 * What a group's alerts remember, as it is kept in a state log: one value per rule that has alerts, and one for the group.
 *
 * <pre>
 * key                    value, JSON
 * file;group             {"version":1,"evaluatedMs":1700000000000,"unknown":{"rule#n":{"sinceMs":1,"reason":"…"}}}
 * file;group;rule#n      {"version":1,"alerts":[{"labels":{},"annotations":{},"value":"1.5","state":"firing",
 *                          "activeAtMs":1,"firedAtMs":1,"resolvedAtMs":0,"keepFiringSinceMs":0,"lastSentAtMs":1}]}
 * </pre>
 *
 * An empty value deletes the key. A version that is not known is refused: state that is misread would page people.
 */
final class StateCodec {

  private static final int VERSION = 1;
  private static final ObjectMapper JSON = new ObjectMapper();

  private StateCodec() {}

  static byte[] group(long evaluatedMs, Iterable<RuleState> states) {
    var root = JSON.createObjectNode().put("version", VERSION).put("evaluatedMs", evaluatedMs);
    for (var state : states) {
      if (state.unknownSinceMs != 0 || !state.lastError.isEmpty()) {
        root.withObjectProperty("unknown")
            .putObject(state.key)
            .put("sinceMs", state.unknownSinceMs)
            .put("reason", state.lastError);
      }
    }
    return bytes(root);
  }

  /** Sets since when and why nothing is known of a rule, where its owner says so. */
  static void showUnknown(byte[] group, RuleState state) {
    var unknown = read(group).path("unknown").path(state.key);
    if (!unknown.isMissingNode()) {
      state.unknownSinceMs = unknown.path("sinceMs").asLong();
      state.lastError = unknown.path("reason").asText();
    }
  }

  static long evaluatedMs(byte[] value) {
    return read(value).path("evaluatedMs").asLong();
  }

  /** What is worth keeping of a rule; empty where it has no alerts. */
  static byte[] alerts(RuleState state) {
    if (state.alerts.isEmpty()) {
      return new byte[0];
    }
    var root = JSON.createObjectNode().put("version", VERSION);
    var list = root.putArray("alerts");
    for (var alert : state.alerts.values()) {
      var one = list.addObject();
      texts(one.putObject("labels"), alert.labels.toMap());
      texts(one.putObject("annotations"), alert.annotations);
      one.put("value", Double.toString(alert.value))
          .put("state", alert.state.word())
          .put("activeAtMs", alert.activeAtMs)
          .put("firedAtMs", alert.firedAtMs)
          .put("resolvedAtMs", alert.resolvedAtMs)
          .put("keepFiringSinceMs", alert.keepFiringSinceMs)
          .put("lastSentAtMs", alert.lastSentAtMs);
    }
    return bytes(root);
  }

  /** What changes when the state is worth keeping anew: not the values and texts, which each evaluation makes again. */
  static Map<Labels, Long> essence(RuleState state) {
    var essence = new HashMap<Labels, Long>();
    for (var alert : state.alerts.values()) {
      long hash = alert.state.ordinal();
      for (long time : new long[] {alert.activeAtMs, alert.firedAtMs, alert.resolvedAtMs,
          alert.keepFiringSinceMs}) {
        hash = hash * 1_000_003 + time;
      }
      essence.put(alert.labels, hash);
    }
    return essence;
  }

  static void restore(RuleState state, byte[] value) {
    for (var one : read(value).path("alerts")) {
      var labels = Labels.of(texts(one.path("labels")));
      var alert = new Alert(labels, new TreeMap<>(texts(one.path("annotations"))),
          Double.parseDouble(one.path("value").asText("NaN")), one.path("activeAtMs").asLong());
      for (var known : AlertState.values()) {
        if (known.word().equals(one.path("state").asText())) {
          alert.state = known;
        }
      }
      alert.firedAtMs = one.path("firedAtMs").asLong();
      alert.resolvedAtMs = one.path("resolvedAtMs").asLong();
      alert.keepFiringSinceMs = one.path("keepFiringSinceMs").asLong();
      alert.lastSentAtMs = one.path("lastSentAtMs").asLong();
      state.alerts.put(labels, alert);
    }
  }

  private static void texts(ObjectNode into, Map<String, String> texts) {
    texts.forEach(into::put);
  }

  private static Map<String, String> texts(JsonNode node) {
    var texts = new LinkedHashMap<String, String>();
    node.properties().forEach(field -> texts.put(field.getKey(), field.getValue().asText()));
    return texts;
  }

  private static byte[] bytes(ObjectNode node) {
    try {
      return JSON.writeValueAsBytes(node);
    } catch (JsonProcessingException impossible) {
      throw new IllegalStateException(impossible);
    }
  }

  private static JsonNode read(byte[] value) {
    try {
      var node = JSON.readTree(value);
      if (node.path("version").asInt() != VERSION) {
        throw Failure
            .corrupt("alert state has version " + node.path("version") + ", want " + VERSION);
      }
      return node;
    } catch (IOException broken) {
      throw new Failure(Failure.Category.CORRUPT, "alert state is not JSON: " + broken.getMessage(),
          broken);
    }
  }
}
