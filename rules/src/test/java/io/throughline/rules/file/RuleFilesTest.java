package io.throughline.rules.file;

import static org.assertj.core.api.Assertions.assertThat;

import io.throughline.rules.Cases;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class RuleFilesTest {

  static List<Cases> cases() {
    return Cases.read("/rules/files.txt");
  }

  @ParameterizedTest
  @MethodSource("cases")
  void aFileIsAcceptedOrRefusedWithItsReason(Cases one) {
    var read = RuleFiles.parse("a.yml", one.text());

    if (one.good()) {
      assertThat(read.problems()).isEmpty();
    } else {
      assertThat(read.problems()).isNotEmpty();
      assertThat(read.problems().toString()).contains(one.expected());
      assertThat(read.groups()).isEmpty();
    }
  }

  @Test
  void everyMistakeOfAFileIsNamedAtItsPlace() {
    var read = RuleFiles.parse("shop.yml", """
        groups:
          - name: shop
            intervall: 1m
            rules:
              - record: a
                expr: sum(
              - alert: B
                expr: up
                for: soon
              - expr: up
              - only a text
              - {alert: C, expr: up, labels: {__name__: d}}
              - {alert: E, labels: {team: [a, b]}}
          - name: other
            limit: many
        """);

    assertThat(read.problems()).extracting(Object::toString)
        .containsExactly(
            "shop.yml:3:5: field 'intervall' is not known in a group; known are interval, labels, "
                + "limit, name, query_offset, rules",
            "shop.yml:6:15: rule \"a\": expr: could not parse expression: 1:5: parse error: "
                + "unclosed left parenthesis",
            "shop.yml:9:14: for: not a valid duration string: \"soon\", want one such as 90s or 1h30m",
            "shop.yml:10:9: rule 3 of group \"shop\" has no name: one of the fields 'record' and 'alert' "
                + "must be set",
            "shop.yml:11:9: want a rule as a mapping, got 'only a text'",
            "shop.yml:12:49: labels: invalid label name \"__name__\", want one that is not empty and "
                + "not __name__",
            "shop.yml:13:9: rule \"E\": field 'expr' must be set",
            "shop.yml:13:35: want labels.team as a text, got a list",
            "shop.yml:15:12: want limit as a whole number, got 'many'");
  }

  @Test
  void aFileThatCannotBeReadIsAMistakeInWords(@TempDir Path folder) throws IOException {
    var latin = Files.write(folder.resolve("latin.yml"), new byte[] {'#', (byte) 0xe4, '\n'});

    assertThat(RuleFiles.read(folder.resolve("none.yml")).problems())
        .hasToString("[" + folder + "/none.yml: cannot be read: there is no such file]");
    assertThat(RuleFiles.read(folder).problems())
        .hasToString("[" + folder + ": cannot be read: it is a folder]");
    assertThat(RuleFiles.read(latin).problems())
        .hasToString("[" + latin + ": the file is not UTF-8]");
  }

  @Test
  void aGroupsLabelsStandOnItsRulesAndARulesOwnWin() {
    var read = RuleFiles.parse("a.yml", """
        groups:
          - name: a
            labels: {team: shop, severity: low}
            rules:
              - {record: b, expr: up, labels: {severity: high}}
              - {alert: C, expr: up, for: 90s, keep_firing_for: 1m, labels: {severity: high}}
        """);

    var rules = read.groups().getFirst().rules();
    assertThat(((Rule.Recording) rules.get(0)).labels()).containsEntry("team", "shop")
        .containsEntry("severity", "high");
    var alert = (Rule.Alerting) rules.get(1);
    assertThat(alert.labels().keySet()).containsExactly("severity", "team");
    assertThat(alert.labels().get("severity")).hasToString("high");
    assertThat(alert.forMs()).isEqualTo(90_000);
    assertThat(alert.keepFiringForMs()).isEqualTo(60_000);
    assertThat(alert.line()).isEqualTo(6);
  }

  @Test
  void aFileThatCallsItselfIsRefusedAndNotFollowedForEver() {
    var read = RuleFiles.parse("a.yml", """
        groups: &g
          - name: a
            rules: *g
        """);

    assertThat(read.problems()).isNotEmpty();
  }
}
