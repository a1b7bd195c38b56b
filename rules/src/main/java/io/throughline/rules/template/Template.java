package io.throughline.rules.template;

import java.util.List;
import java.util.Map;

/**
 * A parsed template of a label or an annotation. It knows {@code $labels}, {@code $value}, {@code $externalLabels} and
 * {@code $externalURL}, and the same as fields {@code .Labels} and so on. Immutable.
 */
public final class Template {

  /** The variables every template of an alert begins with. */
  static final List<String> VARIABLES = List.of("$labels", "$externalLabels", "$externalURL",
      "$value");

  private final String name;
  private final String text;
  private final Map<String, List<Node>> nodes;
  private final boolean plain;

  private Template(String name, String text) {
    this.name = name;
    this.text = text;
    this.plain = !text.contains("{{");
    this.nodes = plain ? Map.of() : Parser.parse(text, VARIABLES);
  }

  /**
   * Parses the text of an alert's label or annotation.
   *
   * @throws TemplateFailure with the line and what was wrong
   */
  public static Template forAlert(String alert, String text) {
    return new Template("__alert_" + alert, text);
  }

  /** As it was written. */
  public String text() {
    return text;
  }

  /**
   * The text with its actions replaced.
   *
   * @throws TemplateFailure where the data do not fit the template
   */
  public String expand(TemplateData data) {
    return plain ? text : new Expansion(nodes, data).run();
  }

  /** As {@link #expand}, with what went wrong in place of a text that could not be made. */
  public String expandOrSay(TemplateData data) {
    try {
      return expand(data);
    } catch (TemplateFailure wrong) {
      return "<error expanding template: error executing template " + name + ": "
          + wrong.getMessage() + ">";
    }
  }

  @Override
  public String toString() {
    return text;
  }
}
