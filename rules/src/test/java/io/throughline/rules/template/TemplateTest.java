package io.throughline.rules.template;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.throughline.rules.Programs;
import io.throughline.rules.template.TemplateData.Sample;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class TemplateTest {

  private static final Map<String, String> LABELS = new TreeMap<>(Map.of("instance",
      "web-1.example.org:9090", "job", "shop", "path", "a.b", "words", "some small words"));

  record Case(boolean common, double value, String valueText, String template, String expected) {
    @Override
    public String toString() {
      return template + " with " + valueText;
    }
  }

  static List<String> lines(String resource) throws IOException {
    try (var in = TemplateTest.class.getResourceAsStream(resource)) {
      return new String(Objects.requireNonNull(in).readAllBytes(), StandardCharsets.UTF_8).lines()
          .filter(line -> !line.startsWith("#") && !line.isEmpty())
          .toList();
    }
  }

  static List<Case> cases() throws IOException {
    var cases = new ArrayList<Case>();
    for (var line : lines("/rules/templates.txt")) {
      boolean common = !line.startsWith("! ");
      var parts = (common ? line : line.substring(2)).split(" \\| ", 2);
      int bar = parts[1].lastIndexOf(" | ");
      var number = parts[0].replace("Inf", "Infinity");
      cases.add(new Case(common, Double.parseDouble(number), parts[0], parts[1].substring(0, bar),
          parts[1].substring(bar + 3).replace("\\n.", "\n.")));
    }
    return cases;
  }

  private static TemplateData data(double value) {
    return new TemplateData(LABELS, value, Map.of(), "http://localhost:9090/", 60_000,
        TemplateTest::answer);
  }

  private static List<Sample> answer(String expression) {
    var a = sample("a", 1);
    var b = sample("b", 2);
    var c = sample("c", 3);
    return switch (expression) {
      case "other", "sort(other)" -> List.of(a, b, c);
      case "sort_desc(other)" -> List.of(c, b, a);
      case "other{n='a'}" -> List.of(a);
      case "other{n='b'}" -> List.of(b);
      case "other{n='c'}" -> List.of(c);
      case "nothing" -> List.of();
      default -> throw new TemplateFailure("bad query " + expression);
    };
  }

  private static Sample sample(String n, double value) {
    return new Sample(Map.of("__name__", "other", "n", n), value);
  }

  @ParameterizedTest
  @MethodSource("cases")
  void aTemplateExpandsToItsText(Case one) {
    assertThat(Template.forAlert("A", one.template).expand(data(one.value)))
        .isEqualTo(one.expected);
  }

  static List<String> failures() throws IOException {
    return lines("/rules/template-failures.txt");
  }

  @ParameterizedTest
  @MethodSource("failures")
  void aTemplateThatDoesNotFitItsDataSaysSoInPlaceOfItsText(String text) {
    var template = Template.forAlert("A", text);

    assertThatThrownBy(() -> template.expand(data(1))).isInstanceOf(TemplateFailure.class);
    assertThat(template.expandOrSay(data(1)))
        .startsWith("<error expanding template: error executing template __alert_A:");
  }

  @Test
  void promtoolExpandsEachTemplateToTheSameText(@TempDir Path folder) throws Exception {
    var promtool = Programs.promtool();
    var rules = new StringBuilder("groups:\n  - name: a\n    rules:\n");
    var tests = new StringBuilder("rule_files: [rules.yml]\ntests:\n  - interval: 1m\n    "
        + "input_series:\n      - series: " + quote("up{instance=\"web-1.example.org:9090\",job=\""
            + "shop\",path=\"a.b\",words=\"some small words\"}")
        + "\n        values: 1 1\n");
    for (int i = 0; i < 3; i++) {
      tests.append("      - series: other{n=\"" + "abc".charAt(i) + "\"}\n        values: "
          + (i + 1) + " " + (i + 1) + "\n");
    }
    tests.append("    external_url: http://localhost:9090/\n    alert_rule_test:\n");
    int n = 0;
    for (var one : cases()) {
      if (one.common) {
        alert(rules, n, "up * " + one.valueText, one.template);
        tests.append("      - eval_time: 1m\n        alertname: A" + n + "\n        exp_alerts:\n"
            + "          - exp_labels: {instance: 'web-1.example.org:9090', job: shop, path: a.b, "
            + "words: some small words}\n            exp_annotations: {a: " + quote(one.expected)
            + "}\n");
        n++;
      }
    }
    Files.writeString(folder.resolve("rules.yml"), rules);
    Files.writeString(folder.resolve("tests.yml"), tests);

    var said = Programs.run(folder, List.of(promtool.toString(), "test", "rules", "tests.yml"));

    assertThat(said.exitCode()).as(said.text()).isZero();
    assertThat(n).isGreaterThan(70);
  }

  @Test
  void promtoolFailsToExpandTheSameTemplates(@TempDir Path folder) throws Exception {
    var promtool = Programs.promtool();
    var rules = new StringBuilder("groups:\n  - name: a\n    rules:\n");
    var tests = new StringBuilder("rule_files: [rules.yml]\ntests:\n  - interval: 1m\n    "
        + "input_series:\n      - {series: 'up{job=\"shop\"}', values: 1 1}\n    "
        + "alert_rule_test:\n");
    var all = failures();
    for (int i = 0; i < all.size(); i++) {
      alert(rules, i, "up", all.get(i));
      tests.append("      - {eval_time: 1m, alertname: A" + i + ", exp_alerts: []}\n");
    }
    Files.writeString(folder.resolve("rules.yml"), rules);
    Files.writeString(folder.resolve("tests.yml"), tests);

    var said = Programs.run(folder, List.of(promtool.toString(), "test", "rules", "tests.yml"))
        .text();

    for (int i = 0; i < all.size(); i++) {
      assertThat(said).as(all.get(i))
          .contains("<error expanding template: error executing template __alert_A" + i + ":");
    }
  }

  private static void alert(StringBuilder rules, int number, String expr, String template) {
    rules.append("      - {alert: A" + number + ", expr: " + quote(expr) + ", annotations: {a: "
        + quote(template) + "}}\n");
  }

  private static String quote(String text) {
    return "'" + text.replace("'", "''").replace("\n", "\n\n") + "'";
  }

  @ParameterizedTest
  @ValueSource(strings = {"{{ define \"t\" }}{{ template \"t\" }}{{ end }}{{ template \"t\" }}",
      "{{ range 1000 }}{{ range 1000 }}x{{ end }}{{ end }}",
      "{{ range 99999 }}xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx{{ end }}"})
  void aTemplateHasAnEnd(String text) {
    var template = Template.forAlert("A", text);

    assertThatThrownBy(() -> template.expand(data(1))).isInstanceOf(TemplateFailure.class)
        .hasMessageMatching(".*(more than).*");
  }

  @Test
  void blocksNestOnlySoDeep() {
    var text = "{{ if 1 }}".repeat(1000) + "{{ end }}".repeat(1000);

    assertThatThrownBy(() -> Template.forAlert("A", text)).hasMessageContaining("nest deeper");
  }
}
