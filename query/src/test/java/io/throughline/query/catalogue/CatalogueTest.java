package io.throughline.query.catalogue;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.throughline.model.Labels;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class CatalogueTest {

  @Test
  void theBuiltInCatalogueIsValidAndEverySignalHasASource() {
    var catalogue = Catalogue.builtIn();

    assertThat(catalogue.signals()).isNotEmpty()
        .allSatisfy((name, signal) -> assertThat(signal.sources()).as(name).isNotEmpty());
  }

  @Test
  void everySourceIsUsed() {
    var catalogue = Catalogue.builtIn();
    var used = catalogue.signals()
        .values()
        .stream()
        .flatMap(signal -> signal.sources().stream())
        .map(Mapping::source)
        .toList();

    assertThat(catalogue.sources().keySet())
        .allSatisfy(source -> assertThat(used).contains(source));
  }

  @Test
  void aStatusBecomesItsClassAndAServerErrorAnError() {
    var found = match(Labels.of("__name__", "http_server_request_duration_seconds", "job", "a/b",
        "instance", "i", "http_response_status_code", "503"));

    assertThat(found).singleElement().satisfies(mapping -> {
      assertThat(mapping.classOf(Labels.of("http_response_status_code", "503"))).isEqualTo("5xx");
      assertThat(mapping.isError(Labels.of("http_response_status_code", "503"))).isTrue();
      assertThat(mapping.isError(Labels.of("http_response_status_code", "404"))).isFalse();
    });
  }

  @Test
  void theExportersOwnLabelsDoNotNameTheSubject() {
    var labels = Labels.of("__name__", "kube_pod_container_resource_limits", "resource", "cpu",
        "namespace", "monitoring", "pod", "ksm-0", "container", "ksm", "exported_namespace", "shop",
        "exported_pod", "cart-7", "exported_container", "app");

    assertThat(match(labels)).singleElement()
        .satisfies(mapping -> assertThat(mapping.entityOf(labels))
            .hasToString("CONTAINER shop/cart-7/app"));
  }

  @Test
  void aUsersFileAddsSourcesThatRankAboveTheBuiltInOnes(@TempDir Path folder) throws Exception {
    var file = Files.writeString(folder.resolve("mine.yaml"), """
        sources: {house: our own gateway}
        signals:
          - name: http.server.request.duration
            sources:
              - {from: house, metric: gateway_seconds, id: '{backend}', class: code}
          - name: house.coffee
            unit: cups
            kind: gauge
            bad: down
            entity: service
            about: Cups left.
            sources: [{from: house, metric: coffee_cups}]
        """);

    var catalogue = Catalogue.load(List.of(file));

    assertThat(catalogue.signal("http.server.request.duration")).isNotNull().satisfies(duration -> {
      assertThat(duration.sources().getFirst().metric()).isEqualTo("gateway_seconds");
      assertThat(duration.unit()).isEqualTo("s");
    });
    assertThat(catalogue.signal("house.coffee")).isNotNull();
  }

  @ParameterizedTest
  @CsvSource(delimiter = '|', quoteCharacter = '`',
      textBlock = """
          sourcs: {}                                                          | line 1: unknown key 'sourcs'
          signals: [{name: a, unt: s}]                                        | unknown key 'unt' in a signal
          signals: [{unit: s}]                                                | a signal lacks 'name'
          signals: [{name: a, unit: s, kind: curve, bad: up, entity: node, about: x}] | kind 'curve', want one of counter, gauge, histogram
          signals: [{name: a, kind: gauge}]                                   | signal 'a' lacks 'entity'
          signals: [{name: a, sources: [{from: x}]}]                          | lacks 'metric'
          signals: [{name: a, sources: [{from: x, metric: 'm{a=b}'}]}]        | want a value in double quotes
          signals: [{name: a, sources: [{from: x, metric: 'm{a=~"("}'}]}]     | not an RE2 expression
          signals: [{name: a, sources: [{from: x, metric: m, scale: 0}]}]     | scale '0' is not above 0
          signals: [{name: a, sources: [{from: x, metric: m, id: '{}'}]}]     | want {label}
          signals: [{name: a, sources: [{from: x, metric: m, id: '{up:a}'}]}] | unknown filter 'up'
          signals: [{name: jvm.memory.used, unit: s}]                         | has unit
          signals: [{name: jvm.memory.used, sources: [{from: nobody, metric: m}]}] | source 'nobody' is not named
          signals: [a, b                                                      | is not YAML
          """)
  void aWrongFileIsRefusedWithWhatWouldBeRight(String yaml, String message, @TempDir Path folder)
      throws Exception {
    var file = Files.writeString(folder.resolve("wrong.yaml"), yaml);

    assertThatThrownBy(() -> Catalogue.load(List.of(file))).hasMessageContaining(message);
  }

  @Test
  void theReferencePageTellsEverySignalUnitAndMetricOfTheCatalogue() throws Exception {
    var wanted = SignalsPage.of(Catalogue.builtIn());
    Files.writeString(Path.of("target", "signals.md"), wanted);

    var page = Files.readString(Path.of("..", "docs", "reference", "signals.md"));

    assertThat(page).as("docs/reference/signals.md; query/target/signals.md is what it should be")
        .isEqualTo(wanted);
  }

  private static List<Mapping> match(Labels labels) {
    var found = new ArrayList<Mapping>();
    Catalogue.builtIn().match(labels, (mapping, part) -> found.add(mapping));
    return found;
  }
}
