package io.throughline.collector;

import static io.throughline.collector.WriteBodies.message;
import static io.throughline.collector.WriteBodies.requestV1;
import static io.throughline.collector.WriteBodies.requestV2;
import static io.throughline.collector.WriteBodies.seriesV1;
import static io.throughline.collector.WriteBodies.snappy;
import static org.assertj.core.api.Assertions.assertThat;

import io.throughline.model.Failure;
import io.throughline.model.MetricType;
import io.throughline.model.SampleValues;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What remote write takes and answers. */
class RemoteWriteDoorTest extends OpenDoors {

  @Test
  void remoteWriteStoresSamplesUnderTheTenantAndAnswersWithoutABody() throws Exception {
    var body = requestV1(seriesV1(NOW, 42, "__name__", "up", "job", "a"),
        seriesV1(NOW - 1, SampleValues.STALE_NAN, "__name__", "up", "job", "b"),
        seriesV1(NOW, Double.NaN, "__name__", "up", "job", "c"));

    var response = write(body);
    write(body);

    assertThat(response.statusCode()).isEqualTo(204);
    assertThat(response.body()).isEmpty();
    assertThat(intake.lines()).hasSize(6)
        .contains("shop/up{job=\"a\"} " + NOW + " 0 42",
            "shop/up{job=\"b\"} " + (NOW - 1) + " 0 NaN:7ff0000000000002",
            "shop/up{job=\"c\"} " + NOW + " 0 NaN:7ff8000000000000");
    assertThat(intake.seriesCount()).isEqualTo(3);
  }

  @Test
  void anUnsortedSeriesWithItsLabelsScatteredIsStoredAllTheSame() throws Exception {
    var name = message(label -> {
      label.writeString(1, "__name__");
      label.writeString(2, "up");
    });
    var job = message(label -> {
      label.writeString(1, "job");
      label.writeString(2, "a");
    });
    var series = message(out -> {
      out.writeByteArray(1, job);
      out.writeByteArray(2, WriteBodies.sample(NOW, 1));
      out.writeByteArray(1, name);
    });

    assertThat(write(requestV1(series, series)).statusCode()).isEqualTo(204);
    assertThat(intake.lines()).containsExactly("shop/up{job=\"a\"} " + NOW + " 0 1",
        "shop/up{job=\"a\"} " + NOW + " 0 1");
    assertThat(intake.seriesCount()).isEqualTo(1);
  }

  @Test
  void nativeHistogramsAndMetadataOfVersionOneAreTaken() throws Exception {
    var series = message(out -> {
      out.writeByteArray(1, message(label -> {
        label.writeString(1, "__name__");
        label.writeString(2, "latency");
      }));
      out.writeByteArray(4, WriteBodies.histogram(NOW, 0));
    });
    var body = message(out -> {
      out.writeByteArray(1, series);
      out.writeByteArray(3, message(metadata -> {
        metadata.writeEnum(1, 3);
        metadata.writeString(2, "latency");
        metadata.writeString(4, "how long");
        metadata.writeString(5, "seconds");
      }));
    });

    assertThat(write(body).statusCode()).isEqualTo(204);
    assertThat(intake.lines()).containsExactly("shop/latency " + NOW
        + " 0 {count:4.0, sum:7.5, schema:3, zero:1.0, positive:[-2, 2] [1.0, 2.0]}");
    assertThat(intake.metadata("shop/latency").type()).isEqualTo(MetricType.HISTOGRAM);
    assertThat(intake.metadata("shop/latency").unit()).isEqualTo("seconds");
  }

  @Test
  void exemplarsGoOnOnceTheirSamplesAreTakenAndTheHeaderSaysHowManyAreKept() throws Exception {
    var sample = message(out -> {
      out.writeFixed64(1, Double.doubleToRawLongBits(1.5));
      out.writeInt64(2, NOW);
    });
    var one = message(out -> {
      out.writeByteArray(1, message(series -> {
        for (var label : List.of("__name__", "wait_bucket", "le", "1")) {
          if (label.equals("__name__") || label.equals("le")) {
            series.writeByteArray(1, message(pair -> {
              pair.writeString(1, label);
              pair.writeString(2, label.equals("le") ? "1" : "wait_bucket");
            }));
          }
        }
        series.writeByteArray(2, sample);
        for (double value : new double[] {0.25, -1}) {
          series.writeByteArray(3, message(exemplar -> {
            exemplar.writeByteArray(1, message(pair -> {
              pair.writeString(1, "trace_id");
              pair.writeString(2, value < 0 ? "x".repeat(121) : "abc");
            }));
            exemplar.writeDouble(2, value);
            exemplar.writeInt64(3, NOW - 1);
          }));
        }
      }));
    });
    var two = message(out -> {
      for (var symbol : List.of("", "__name__", "wait_count", "trace_id", "abc")) {
        out.writeByteArray(4, symbol.getBytes(StandardCharsets.UTF_8));
      }
      out.writeByteArray(5, message(series -> {
        series.writeByteArray(1, new byte[] {1, 2});
        series.writeByteArray(2, sample);
        for (double value : new double[] {2, -2}) {
          series.writeByteArray(4, message(exemplar -> {
            exemplar.writeByteArray(1, new byte[] {3, 4});
            exemplar.writeDouble(2, value);
            exemplar.writeInt64(3, NOW);
          }));
        }
      }));
    });

    assertThat(write(one).statusCode()).isEqualTo(204);
    var response = post("/api/v1/write", snappy(two), "Content-Type", V2, "Content-Encoding",
        "snappy", "X-Scope-OrgID", "shop");

    // The labels of one were too long, and the sink refused another.
    assertThat(response.headers().firstValue("X-Prometheus-Remote-Write-Exemplars-Written"))
        .contains("1");
    assertThat(exemplars).containsExactly(
        "shop/wait_bucket{le=\"1\"} {trace_id=\"abc\"} " + (NOW - 1) + " 0.25",
        "shop/wait_count {trace_id=\"abc\"} " + NOW + " 2.0",
        "shop/wait_count {trace_id=\"abc\"} " + NOW + " -2.0");
  }

  @Test
  void versionTwoKeepsStartTimesAndSaysHowMuchItWrote() throws Exception {
    var response = post("/api/v1/write",
        snappy(requestV2(NOW, NOW - 5000, "__name__", "up", "job", "a")), "Content-Type", V2,
        "Content-Encoding", "snappy", "X-Scope-OrgID", "shop");

    assertThat(response.statusCode()).isEqualTo(204);
    assertThat(response.headers().firstValue("X-Prometheus-Remote-Write-Samples-Written"))
        .contains("1");
    assertThat(response.headers().firstValue("X-Prometheus-Remote-Write-Histograms-Written"))
        .contains("1");
    assertThat(response.headers().firstValue("X-Prometheus-Remote-Write-Exemplars-Written"))
        .contains("0");
    assertThat(intake.lines().getFirst())
        .isEqualTo("shop/up{job=\"a\"} " + NOW + " " + (NOW - 5000) + " 1.5");
    assertThat(intake.metadata("shop/up{job=\"a\"}").type()).isEqualTo(MetricType.COUNTER);
    assertThat(intake.metadata("shop/up{job=\"a\"}").help()).isEqualTo("a help");
  }

  @Test
  void ofAPartlyBadRequestTheGoodSamplesAreStoredAndBothCountsAnswered() throws Exception {
    var response = write(requestV1(seriesV1(NOW, 1, "__name__", "good"),
        seriesV1(NOW + 3_600_000_000L, 1, "__name__", "future"),
        seriesV1(NOW, 1, "job", "nameless"),
        seriesV1(NOW, 1, "__name__", "twice", "a", "1", "a", "2")));

    assertThat(response.statusCode()).isEqualTo(400);
    assertThat(text(response)).startsWith("stored 1 samples, refused 3:")
        .contains("ahead of the collector's clock")
        .contains("label __name__ is missing")
        .contains("label a is given twice");
    assertThat(intake.lines()).containsExactly("shop/good " + NOW + " 0 1");
  }

  @ParameterizedTest
  @CsvSource({"false,400", "true,429"})
  void aSeriesLimitIs429OnlyWhereSendingAgainHelpsAndNamesItself(boolean passes, int status)
      throws Exception {
    intake.limit(1, passes);

    var response = write(
        requestV1(seriesV1(NOW, 1, "__name__", "a"), seriesV1(NOW, 1, "__name__", "b")));

    assertThat(response.statusCode()).isEqualTo(status);
    assertThat(text(response)).contains("stored 1 samples, refused 1")
        .contains("limit of 1 series");
  }

  @Test
  void whileKafkaIsAwayTheAnswerIs503WithRetryAfter() throws Exception {
    intake.failCommits(Failure.unavailable("Kafka is away"));

    var response = write(requestV1(seriesV1(NOW, 1, "__name__", "a")));
    var otlp = post("/v1/metrics", new byte[0], "Content-Type", PROTOBUF);

    assertThat(response.statusCode()).isEqualTo(503);
    assertThat(response.headers().firstValue("Retry-After")).isPresent();
    assertThat(text(response)).contains("Kafka is away");
    assertThat(otlp.statusCode()).isEqualTo(503);
    assertThat(otlp.headers().firstValue("Retry-After")).isPresent();
  }
}
