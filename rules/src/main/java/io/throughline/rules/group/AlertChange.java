package io.throughline.rules.group;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.throughline.model.Failure;
import java.io.IOException;
import java.util.Map;
import java.util.TreeMap;

/**
 * One alert's change from one state to another, as it is kept in the state log's history: JSON.
 *
 * <pre>
 * {"version":1,"atMs":1,"from":"pending","to":"firing","id":"…","rule":"High","group":"g","file":"a.yml",
 *  "labels":{},"annotations":{},"value":"1.5","activeMs":1,"firedMs":1,"reason":""}
 * </pre>
 *
 * @param atMs the moment whose evaluation found it
 * @param from {@code inactive}, {@code pending}, {@code firing} or {@code unknown}, as is {@code to}
 * @param firedMs when it began to fire, 0 for never
 * @param reason why nothing is known of it, or why it ended without its element's doing; else ""
 */
public record AlertChange(long atMs, String from, String to, String id, String rule, String group,
    String file, Map<String, String> labels, Map<String, String> annotations, double value,
    long activeMs, long firedMs, String reason) {

  private static final int VERSION = 1;
  private static final ObjectMapper JSON = new ObjectMapper();

  /** As bytes of the history. */
  public byte[] bytes() {
    var root = JSON.createObjectNode()
        .put("version", VERSION)
        .put("atMs", atMs)
        .put("from", from)
        .put("to", to)
        .put("id", id)
        .put("rule", rule)
        .put("group", group)
        .put("file", file)
        .put("value", Double.toString(value))
        .put("activeMs", activeMs)
        .put("firedMs", firedMs)
        .put("reason", reason);
    texts(root.putObject("labels"), labels);
    texts(root.putObject("annotations"), annotations);
    try {
      return JSON.writeValueAsBytes(root);
    } catch (JsonProcessingException impossible) {
      throw new IllegalStateException(impossible);
    }
  }

  /** @throws Failure (CORRUPT) if the bytes are no change of a version that is known */
  public static AlertChange of(byte[] bytes) {
    JsonNode root;
    try {
      root = JSON.readTree(bytes);
    } catch (IOException broken) {
      throw new Failure(Failure.Category.CORRUPT,
          "a change of an alert is not JSON: " + broken.getMessage(), broken);
    }
    if (root.path("version").asInt() != VERSION) {
      throw Failure.corrupt(
          "a change of an alert has version " + root.path("version") + ", want " + VERSION);
    }
    return new AlertChange(root.path("atMs").asLong(), root.path("from").asText(),
        root.path("to").asText(), root.path("id").asText(), root.path("rule").asText(),
        root.path("group").asText(), root.path("file").asText(), texts(root.path("labels")),
        texts(root.path("annotations")), Double.parseDouble(root.path("value").asText("NaN")),
        root.path("activeMs").asLong(), root.path("firedMs").asLong(),
        root.path("reason").asText());
  }

  private static void texts(ObjectNode into, Map<String, String> texts) {
    texts.forEach(into::put);
  }

  private static Map<String, String> texts(JsonNode node) {
    var texts = new TreeMap<String, String>();
    node.properties().forEach(field -> texts.put(field.getKey(), field.getValue().asText()));
    return texts;
  }
}
