package io.throughline.app.settings;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SettingsTest {

  @Test
  void theReferencePageListsEveryKeyWithItsDefaultAndMeaning() throws IOException {
    var page = Path.of("..", "docs", "reference", "settings.md");

    var wanted = SettingsReference.write(Path.of(".."));
    if (Boolean.getBoolean("throughline.write")) {
      Files.writeString(page, wanted);
    }

    assertThat(Files.readString(page))
        .as("run the test with -Dthroughline.write=true and look at what changed")
        .isEqualTo(wanted);
    assertThat(wanted).doesNotContain("| |");
  }

  @Test
  void defaultsAreWhatTheIssueOfTheProductSays() {
    var defaults = new TreeMap<String, String>();
    RecordBinder.visit(Settings.DEFAULTS, "",
        (key, owner, component, value) -> defaults.put(key, RecordBinder.format(component, value)));

    assertThat(defaults).containsEntry("http.listen", "127.0.0.1:7070")
        .containsEntry("http.otlp-grpc", "127.0.0.1:4317")
        .containsEntry("http.otlp-http", "127.0.0.1:4318")
        .containsEntry("data", "data")
        .containsEntry("kafka.servers", "embedded")
        .containsEntry("kafka.fsync", "false")
        .containsEntry("disk.min-free-bytes", "1GiB")
        .containsEntry("disk.min-free-ratio", "0.05")
        .containsEntry("store.retention", "15d")
        .containsEntry("collector.intake.ack-timeout", "10s")
        .doesNotContainKey("collector.retention");
  }

  @Test
  void aFileOverridesSingleKeys() {
    var settings = Settings.parse("""
        data: /var/lib/throughline
        http:
          listen: 0.0.0.0:80
          allowed-hosts: [metrics.example.org]
        store:
          retention: 1h30m
        collector:
          max-labels: 40
          intake:
            queue-bytes: 32MiB
        """, "test.yaml");

    assertThat(settings.data()).isEqualTo(Path.of("/var/lib/throughline"));
    assertThat(settings.http().listen()).isEqualTo("0.0.0.0:80");
    assertThat(settings.http().allowedHosts()).isEqualTo(List.of("metrics.example.org"));
    assertThat(settings.http().otlpGrpc()).isEqualTo("127.0.0.1:4317");
    assertThat(settings.store().retention()).isEqualTo(Duration.ofMinutes(90));
    assertThat(settings.collector().doors().maxLabels()).isEqualTo(40);
    assertThat(settings.collector().intake().queueBytes()).isEqualTo(32L << 20);
    assertThat(Settings.parse("", "empty.yaml")).isEqualTo(Settings.DEFAULTS);
  }

  @ParameterizedTest
  @CsvSource(delimiter = '|', quoteCharacter = '"',
      textBlock = """
          htp: {}                           | unknown setting 'htp', want one of {collector, data, disk, http, ingest, kafka, query, rules, self, store}
          http: {lissten: a}                | unknown setting 'http.lissten'
          collector: {retention: 1d}        | unknown setting 'collector.retention'
          http: 7                           | setting 'http' is '7', want a mapping of settings
          http: {listen: here}              | settings under 'http': listen: 'here' is not an address, want HOST:PORT
          store: {retention: soon}          | setting 'store.retention': 'soon' is not a duration, want one like 15d, 1h30m, 500ms or 0
          collector: {intake: {queue-bytes: 4 MB}} | setting 'collector.intake.queue-bytes': '4 MB' is not a size
          kafka: {fsync: maybe}             | setting 'kafka.fsync': 'maybe' is neither true nor false
          kafka: {partitions: 2.5}          | setting 'kafka.partitions': '2.5' is not a whole number
          disk: {min-free-ratio: 2}         | settings under 'disk': min-free-ratio is 2.0, want 0 to less than 1
          data:                             | setting 'data' has no value
          - a                               | holds no mapping of settings
          a: [b                            | is not YAML
          """)
  void whatIsWrongInAFileIsSaidByName(String yaml, String message) {
    assertThatThrownBy(() -> Settings.parse(yaml, "test.yaml"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageStartingWith("test.yaml")
        .hasMessageContaining(message);
  }

  @ParameterizedTest
  @CsvSource({"0,0", "15d,1296000000", "1h30m,5400000", "500ms,500", "1y2w,32745600000",
      "1d1ms,86400001"})
  void durationsReadAsPrometheusWritesThem(String text, long ms) {
    assertThat(Durations.parse(text)).isEqualTo(Duration.ofMillis(ms));
    assertThat(Durations.parse(Durations.format(Durations.parse(text))))
        .isEqualTo(Duration.ofMillis(ms));
  }

  @ParameterizedTest
  @CsvSource({"''", "15", "d", "-1d", "1m1h", "99999999999999999999d", "3000000000y"})
  void whatIsNoDurationIsRefused(String text) {
    assertThatThrownBy(() -> Durations.parse(text)).isInstanceOf(IllegalArgumentException.class);
  }

  @ParameterizedTest
  @CsvSource({"127.0.0.1:7070,127.0.0.1,7070", "[::1]:0,::1,0", "localhost:65535,localhost,65535"})
  void addressesReadBack(String text, String host, int port) {
    var address = Address.parse(text);

    assertThat(address).isEqualTo(new Address(host, port));
    assertThat(address).hasToString(text);
  }
}
