package io.throughline.collector.spans;

import io.opentelemetry.proto.common.v1.AnyValue;
import io.opentelemetry.proto.common.v1.KeyValue;
import io.opentelemetry.proto.resource.v1.Resource;
import java.util.List;

/** The few attributes of spans and resources that say who is meant. */
final class Attributes {
  private static final int LONGEST = 200;

  private Attributes() {}

  /** A service as its resource names it; the name is "" where it does not. */
  record Service(String namespace, String name) {
    String id() {
      return namespace.isEmpty() ? name : namespace + "/" + name;
    }
  }

  static Service service(Resource resource) {
    return new Service(text(resource.getAttributesList(), "service.namespace"),
        text(resource.getAttributesList(), "service.name"));
  }

  /** The first of these attributes that is there as text, or "". */
  static String text(List<KeyValue> attributes, String... names) {
    for (var name : names) {
      for (var attribute : attributes) {
        if (attribute.getKey().equals(name)) {
          var text = attribute.getValue().getStringValue();
          if (!text.isEmpty()) {
            return text.length() <= LONGEST ? text : text.substring(0, LONGEST);
          }
        }
      }
    }
    return "";
  }

  static KeyValue of(String name, String value) {
    return KeyValue.newBuilder()
        .setKey(name)
        .setValue(AnyValue.newBuilder().setStringValue(value))
        .build();
  }
}
