package io.throughline.model.relabel;

import static org.assertj.core.api.Assertions.assertThat;

import io.throughline.model.Labels;
import io.throughline.model.yaml.YamlDocument;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RelabelingTest {
  private static final Labels REQUESTS = Labels.of("__name__", "http_requests_total", "job", "Shop",
      "instance", "10.0.0.7:8080", "path", "/cart/Straße", "code", "503");

  /** Rules in one line of YAML; what they make of {@link #REQUESTS}, or the rule that drops it. */
  @ParameterizedTest
  @CsvSource(delimiterString = "=>", quoteCharacter = '"',
      textBlock = """
          {target_label: team, replacement: web} => +team=web
          {source_labels: [instance], target_label: host, regex: '(.*):\\d+'} => +host=10.0.0.7
          {source_labels: [job, code], target_label: both} => +both=Shop;503
          {source_labels: [job, code], separator: '', target_label: both} => +both=Shop503
          {source_labels: [job, none, code], target_label: both} => +both=Shop;;503
          {source_labels: [code], regex: '(5)(..)', target_label: c, replacement: '${1}xx$3'} => +c=5xx
          {source_labels: [code], regex: '5(?P<rest>..)', target_label: c, replacement: '$rest'} => +c=03
          {source_labels: [code], regex: '(5)..', target_label: c, replacement: '$1xx'} => -
          {source_labels: [code], regex: '(5)..', target_label: c, replacement: '$$1'} => +c=$1
          {source_labels: [code], regex: '(5)..', target_label: c, replacement: 'a$'} => +c=a$
          {source_labels: [code], regex: '03', target_label: c} => -
          {source_labels: [code], regex: '5..', target_label: code, replacement: ''} => -code
          {source_labels: [none], target_label: code} => -code
          {source_labels: [code], regex: '(.).*', target_label: 'c${1}', replacement: x} => +c5=x
          {source_labels: [none], regex: '(.*)', target_label: '${1}', replacement: x} => -
          {source_labels: [job], regex: Shop, action: keep} => -
          {source_labels: [job], regex: Sho, action: keep} => drop 0
          {source_labels: [none], regex: '', action: keep} => -
          {source_labels: [code], regex: '4..|5..', action: DROP} => drop 0
          {source_labels: [code], regex: '4', action: drop} => -
          {source_labels: [job], target_label: code, action: keepequal} => drop 0
          {source_labels: [none], target_label: missing, action: keepequal} => -
          {source_labels: [code], target_label: code, action: dropequal} => drop 0
          {source_labels: [job], target_label: code, action: dropequal} => -
          {source_labels: [job], target_label: job, action: lowercase} => +job=shop
          {source_labels: [path], target_label: path, action: uppercase} => +path=/CART/STRAßE
          {source_labels: [none], target_label: job, action: uppercase} => -job
          {action: labeldrop, regex: 'path|code'} => -path -code
          {action: labelkeep, regex: '__name__|job'} => -path -code -instance
          {action: labelmap, regex: 'c(.*)', replacement: 'x_$1'} => +x_ode=503
          {action: labelmap, regex: 'c.*', replacement: 'job'} => +job=503
          {source_labels: [job], target_label: shard, modulus: 1, action: hashmod} => +shard=0
          """)
  void aRuleDoesWhatPrometheusDocuments(String rule, String expected) {
    var relabeling = rules("[" + rule + "]");

    var got = relabeling.apply(REQUESTS);

    assertThat(got).isEqualTo(expected(expected));
  }

  /** {@code +a=b} is set, {@code -a} is gone, {@code -} is no change, {@code drop N} is dropped. */
  private static Relabeled expected(String text) {
    if (text.startsWith("drop ")) {
      return new Relabeled.Dropped(Integer.parseInt(text.substring(5)));
    }
    var labels = REQUESTS.toBuilder();
    for (var change : text.split(" ")) {
      int equals = change.indexOf('=');
      if (change.startsWith("+")) {
        labels.set(change.substring(1, equals), change.substring(equals + 1));
      } else {
        labels.remove(change.substring(1));
      }
    }
    return new Relabeled.Kept(labels.build());
  }

  private static Relabeling rules(String yaml) {
    var document = YamlDocument.first("rules.yml", yaml);
    var root = document.root();
    var read = root == null ? Relabeling.NONE : RelabelYaml.read(root, "metric_relabel_configs");
    assertThat(document.problems()).isEmpty();
    return read;
  }

  @Test
  void hashmodTakesTheLastEightBytesOfMd5AsAnUnsignedNumber() {
    // 97d4ee4f2833619dc77fbe73b4d9b799 and d41d8cd98f00b204e9800998ecf8427e.
    var shards = rules("[{source_labels: [job, code], target_label: shard, modulus: 1000003,"
        + " action: hashmod}, {source_labels: [none], target_label: empty, modulus: 97,"
        + " action: hashmod}]");

    var kept = (Relabeled.Kept) shards.apply(REQUESTS);

    assertThat(kept.labels().get("shard")).isEqualTo("155359");
    assertThat(kept.labels().get("empty")).isEqualTo("43");
  }

  @Test
  void eachRuleSeesWhatThoseBeforeItMade() {
    var rules = rules("""
        - {source_labels: [instance], regex: '([^:]+):.*', target_label: host}
        - {source_labels: [host], regex: '10\\..*', target_label: zone, replacement: inner}
        - {action: labeldrop, regex: 'instance|host'}
        - {source_labels: [zone], regex: inner, action: keep}
        """);

    assertThat(rules.apply(REQUESTS)).isEqualTo(
        new Relabeled.Kept(REQUESTS.toBuilder().remove("instance").set("zone", "inner").build()));
    assertThat(rules.apply(Labels.of("__name__", "up", "instance", "[::1]:80")))
        .isEqualTo(new Relabeled.Dropped(3));
  }

  @Test
  void ofSeveralNamesMappedToOneTheLastByNameCounts() {
    var labels = Labels.of("__name__", "m", "a_1", "x", "a_2", "y", "b", "z");

    var mapped = rules("[{action: labelmap, regex: 'a_.', replacement: b}]").apply(labels);

    assertThat(mapped).isEqualTo(new Relabeled.Kept(labels.toBuilder().set("b", "y").build()));
  }

  @Test
  void aDotMatchesANewline() {
    var labels = Labels.of("__name__", "m", "text", "a\nb");

    assertThat(rules("[{source_labels: [text], regex: 'a.b', action: drop}]").apply(labels))
        .isEqualTo(new Relabeled.Dropped(0));
  }

  @Test
  void nothingToDoGivesTheVerySetBack() {
    var labels = Labels.of("__name__", "m");

    assertThat(Relabeling.NONE.apply(labels)).isEqualTo(new Relabeled.Kept(labels));
    assertThat(
        ((Relabeled.Kept) rules("[{source_labels: [x], regex: y, action: drop}]").apply(labels))
            .labels())
        .isSameAs(labels);
  }

  @ParameterizedTest
  @CsvSource(delimiter = '|', quoteCharacter = '"',
      textBlock = """
          {action: hashmod, target_label: x}                        | 1:2 | field 'modulus'
          {source_labels: [a]}                                      | 1:2 | wants field 'target_label'
          {target_label: a, regex: '('}                             | 1:27 | no RE2 expression
          {target_label: 'a$-'}                                     | 1:17 | refers to no group
          {action: replicate}                                       | 1:11 | want one of replace, keep
          {action: labeldrop, regex: x, source_labels: [a]}         | 1:47 | does not use field 'source_labels'
          {action: lowercase, target_label: a, replacement: b}      | 1:52 | does not use field 'replacement'
          {action: keepequal, target_label: a, regex: b}            | 1:46 | does not use field 'regex'
          {action: labelmap, replacement: ''}                       | 1:34 | wants field 'replacement'
          {target_label: a, modulus: many, action: hashmod}         | 1:29 | whole number
          {target: a}                                               | 1:3 | field 'target' is not known
          {source_labels: a, action: keep}                          | 1:18 | as a list
          """)
  void aMistakeIsNamedWithItsPlace(String rule, String place, String message) {
    var document = YamlDocument.first("rules.yml", "[" + rule + "]");
    var root = document.root();

    if (root != null) {
      RelabelYaml.read(root, "metric_relabel_configs");
    }

    assertThat(document.problems()).anySatisfy(problem -> {
      assertThat(problem.toString()).startsWith("rules.yml:" + place + ": ");
      assertThat(problem.message()).contains(message);
    });
  }

  @Test
  void rulesOfAllAreFollowedByOnesOwn() {
    var both = rules("[{target_label: a, replacement: '1'}]")
        .then(rules("[{source_labels: [a], target_label: b}]"));

    assertThat(both.apply(Labels.EMPTY))
        .isEqualTo(new Relabeled.Kept(Labels.of("a", "1", "b", "1")));
    assertThat(List.of(Relabeling.NONE.then(both), both.then(Relabeling.NONE))).containsOnly(both);
  }
}
