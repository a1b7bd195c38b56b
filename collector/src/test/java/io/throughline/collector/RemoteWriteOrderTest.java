package io.throughline.collector;

import static io.throughline.collector.WriteBodies.message;
import static io.throughline.collector.WriteBodies.sample;
import static org.assertj.core.api.Assertions.assertThat;

import io.opentelemetry.api.OpenTelemetry;
import io.throughline.model.Tenant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A sender's order spares look-ups and changes nothing else. */
class RemoteWriteOrderTest {
  private static final long NOW = 1_700_000_000_000L;

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
  void whateverOrderSeriesComeInEachGetsItsOwnSamples(long seed) {
    var random = new Random(seed);
    var expecting = new WrittenDownIntake();
    var lookingUp = new WrittenDownIntake();
    lookingUp.expectNothing();
    var series = series(random);
    for (int request = 0; request < 60; request++) {
      if (random.nextInt(10) == 0) {
        Collections.shuffle(series, random);
      }
      int from = random.nextInt(series.size());
      int to = from + random.nextInt(series.size() - from) + 1;
      var body = body(series.subList(from, to), random);
      var tenant = new Tenant(random.nextInt(4) == 0 ? "other" : "shop");
      take(expecting, tenant, body);
      take(lookingUp, tenant, body);
    }

    assertThat(expecting.lines()).isEqualTo(lookingUp.lines()).isNotEmpty();
    assertThat(expecting.expectedSeries()).isGreaterThan(10);
  }

  private static void take(WrittenDownIntake intake, Tenant tenant, byte[] body) {
    var admission = new Admission(CollectorSettings.DEFAULTS);
    try (var noRules = new Relabelings(CollectorSettings.DEFAULTS, intake::forget,
        OpenTelemetry.noop().getMeter("test"))) {
      var decoder = new RemoteWriteDecoder(admission, new Registration(admission, noRules), 42,
          new Families());
      var request = intake.begin(tenant);
      decoder.decodeV1(tenant, body, 0, body.length, request, NOW);
      request.commit();
    }
  }

  /** Label sets of which many begin as others do. */
  private static List<List<String>> series(Random random) {
    var series = new ArrayList<List<String>>();
    for (int i = 0; i < 40; i++) {
      var labels = new ArrayList<String>(List.of("__name__", "m" + random.nextInt(3)));
      for (char name = 'a'; name < 'a' + random.nextInt(5); name++) {
        labels.addAll(List.of(String.valueOf(name), "v" + random.nextInt(2)));
      }
      if (!series.contains(labels)) {
        series.add(labels);
      }
    }
    return series;
  }

  private static byte[] body(List<List<String>> series, Random random) {
    return message(out -> {
      for (var labels : series) {
        out.writeByteArray(1, message(fields -> {
          int samples = random.nextInt(3);
          // Now and then a label comes after the samples: protobuf does not mind.
          int early = random.nextInt(8) == 0
              ? random.nextInt(labels.size() / 2 + 1) * 2
              : labels.size();
          for (int i = 0; i < early; i += 2) {
            fields.writeByteArray(1, label(labels.get(i), labels.get(i + 1)));
          }
          for (int i = 0; i < samples; i++) {
            fields.writeByteArray(2, sample(NOW - random.nextInt(1000), random.nextInt(100)));
          }
          for (int i = early; i < labels.size(); i += 2) {
            fields.writeByteArray(1, label(labels.get(i), labels.get(i + 1)));
          }
        }));
      }
    });
  }

  private static byte[] label(String name, String value) {
    return message(label -> {
      label.writeString(1, name);
      label.writeString(2, value);
    });
  }
}
