package io.throughline.collector;

import static io.throughline.collector.WriteBodies.requestV1;
import static io.throughline.collector.WriteBodies.seriesV1;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.opentelemetry.api.OpenTelemetry;
import io.throughline.model.Failure;
import io.throughline.model.Tenant;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RelabelingsTest {
  private static final long NOW = 1_700_000_000_000L;
  private static final Tenant SHOP = new Tenant("shop");
  private static final String RULES = """
      metric_relabel_configs:
        - {source_labels: [__name__], regex: 'go_.*', action: drop}
      tenants:
        shop:
          metric_relabel_configs:
            - {action: labeldrop, regex: pod}
            - source_labels: [path]
              regex: '/cart/.*'
              target_label: path
              replacement: /cart
            - {source_labels: [path], regex: /health, action: drop}
      """;

  @TempDir
  private Path folder;
  private final WrittenDownIntake intake = new WrittenDownIntake();

  private Relabelings rules(String text) throws IOException {
    var file = Files.writeString(folder.resolve("relabel.yml"), text);
    return new Relabelings(CollectorSettings.DEFAULTS.withRelabelFile(file.toString()),
        intake::forget, OpenTelemetry.noop().getMeter("test"));
  }

  private RemoteWriteDecoder decoder(Relabelings rules) {
    var admission = new Admission(CollectorSettings.DEFAULTS);
    return new RemoteWriteDecoder(admission, new Registration(admission, rules), 7, new Families());
  }

  private Outcome write(RemoteWriteDecoder decoder, Tenant tenant, byte[]... series) {
    var body = requestV1(series);
    var request = intake.begin(tenant);
    var outcome = decoder.decodeV1(tenant, body, 0, body.length, request, NOW);
    request.commit().toCompletableFuture().join();
    return outcome;
  }

  private static List<String> drops(Outcome outcome) {
    var drops = new ArrayList<String>();
    outcome.forEachDrop((rule, samples) -> drops.add(rule + ":" + samples));
    return drops;
  }

  @Test
  void rulesOfAllAndOfATenantRewriteAndDropWithoutTellingTheSender() throws IOException {
    try (var rules = rules(RULES)) {
      var decoder = decoder(rules);

      var shop = write(decoder, SHOP,
          seriesV1(NOW, 1, "__name__", "hits", "path", "/cart/7", "pod", "a-1"),
          seriesV1(NOW, 2, "__name__", "hits", "path", "/health"),
          seriesV1(NOW, 3, "__name__", "go_gc", "path", "/cart/7"));
      var other = write(decoder, Tenant.DEFAULT,
          seriesV1(NOW, 4, "__name__", "hits", "path", "/health", "pod", "a"),
          seriesV1(NOW, 5, "__name__", "go_gc"));

      assertThat(intake.lines()).containsExactly("shop/hits{path=\"/cart\"} " + NOW + " 0 1",
          "default/hits{path=\"/health\", pod=\"a\"} " + NOW + " 0 4");
      assertThat(shop.anyRefused()).isFalse();
      assertThat(drops(shop)).containsExactly("0:1", "3:1");
      assertThat(drops(other)).containsExactly("0:1");
    }
  }

  @Test
  void aKnownSeriesIsJudgedByItsBytesAlone() throws IOException {
    try (var rules = rules(RULES)) {
      var decoder = decoder(rules);
      var series = new byte[][] {seriesV1(NOW, 1, "__name__", "hits", "path", "/cart/7"),
          seriesV1(NOW, 2, "__name__", "go_gc")};
      write(decoder, SHOP, series);
      // Another decoder of the same process has no rules at all: the verdict is the intake's.
      var again = write(decoder(rules("")), SHOP, series);

      assertThat(intake.lines()).hasSize(2)
          .containsOnly("shop/hits{path=\"/cart\"} " + NOW + " 0 1");
      assertThat(drops(again)).containsExactly("0:1");
    }
  }

  @Test
  void aChangedFileJudgesKnownSeriesAnewAndAWrongOneChangesNothing() throws IOException {
    try (var rules = rules(RULES)) {
      var decoder = decoder(rules);
      var dropped = seriesV1(NOW, 1, "__name__", "go_gc", "pod", "a");
      write(decoder, SHOP, dropped);

      Files.writeString(folder.resolve("relabel.yml"), RULES.replace("'go_.*'", "'jvm_.*'"));
      assertThat(rules.reload()).isEmpty();
      write(decoder, SHOP, dropped);
      Files.writeString(folder.resolve("relabel.yml"), RULES.replace("labeldrop", "dropall"));
      var problems = rules.reload();
      write(decoder, SHOP, dropped);

      assertThat(problems).singleElement()
          .asString()
          .contains("relabel.yml:6:18: field 'action' is 'dropall', want one of replace");
      assertThat(intake.lines()).hasSize(2).containsOnly("shop/go_gc " + NOW + " 0 1");
    }
  }

  @Test
  void aStartWithAWrongFileFailsAndNamesEveryMistake() {
    assertThatThrownBy(() -> rules("""
        metric_relabel_configs:
          - {regex: '('}
          - {action: hashmod, target_label: a}
        tenant: {}
        """)).isInstanceOf(Failure.class)
        .hasMessageContainingAll("relabel.yml:2:13: field 'regex' is no RE2 expression",
            "relabel.yml:3:5: action hashmod wants field 'modulus'",
            "relabel.yml:4:1: field 'tenant' is not known");
  }

  @Test
  void aSeriesWhoseNameIsTakenAwayIsRefusedAndSaysWhy() throws IOException {
    try (var rules = rules("metric_relabel_configs: [{action: labeldrop, regex: __name__}]")) {
      var outcome = write(decoder(rules), SHOP, seriesV1(NOW, 1, "__name__", "up", "job", "a"));

      assertThat(outcome.summary()).isEqualTo("stored 0 samples, refused 1: relabelling took the "
          + "metric name away from up{job=\"a\"}");
    }
  }
}
