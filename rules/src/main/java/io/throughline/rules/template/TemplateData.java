package io.throughline.rules.template;

import java.util.List;
import java.util.Map;

/**
 * What a template is expanded with.
 *
 * @param labels of the element that raised the alert
 * @param value the element's
 * @param timeMs of the evaluation
 * @param queries answers the {@code query} function
 */
public record TemplateData(Map<String, String> labels, Object value,
    Map<String, String> externalLabels, String externalUrl, long timeMs, Queries queries) {

  /** One element of an instant query's result. */
  public record Sample(Map<String, String> labels, double value) {}

  /** Answers an instant query at the evaluation's time; what it throws fails the template. */
  @FunctionalInterface
  public interface Queries {
    List<Sample> answer(String expression);
  }
}
