package io.throughline.ingest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.throughline.model.wire.RecordWriter;
import io.throughline.model.wire.SampleColumns;
import io.throughline.model.wire.SampleKind;
import io.throughline.store.LogPosition;
import io.throughline.testkit.Await;
import io.throughline.testkit.SharedBroker;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.concurrent.CompletionException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.junit.jupiter.api.Test;

/** What becomes of samples where the broker, the log or a shard's disk fails, or a record cannot be read. */
class TroubledLogTest extends ThroughKafka {

  @Test
  void afterAKillTheUnflushedIsReadAgainAndNothingIsLost() throws Exception {
    write(intake, SHOP, 10, 1);
    applyAll();
    ingest.flush().get();
    write(intake, SHOP, 12, 2);
    applyAll();
    var before = new HashSet<>(allCalls());

    ingest.close();
    writers.forEach(RecordingWriter::dieAndOpenAgain);
    ingest = newIngest();
    applyAll();

    assertThat(new HashSet<>(allCalls())).isEqualTo(before);
    assertThat(allCalls()).hasSize(22);
  }

  @Test
  void aLogThatForgotTooMuchIsARecordedGap() throws Exception {
    write(intake, SHOP, 50, 1);
    applyAll();
    ingest.flush().get();
    ingest.close();
    long flushed = writers.get(0).flushedPosition().nextOffset();
    write(intake, SHOP, 50, 2);
    admin.deleteSamplesBelow(0, intake.acknowledgedOffset(0));
    awaitBeginning(0, intake.acknowledgedOffset(0));

    ingest = newIngest();
    applyAll();

    assertThat(writers.get(0).gaps())
        .containsExactly(flushed + ".." + intake.acknowledgedOffset(0));
    assertThat(writers.get(1).gaps()).isEmpty();
  }

  @Test
  void recordsThatCannotBeReadAreSetAsideAndBlockNobody() throws Exception {
    try (var raw = new KafkaProducer<>(new HashMap<>(SharedBroker.get().clientProperties()),
        new ByteArraySerializer(), new ByteArraySerializer())) {
      raw.send(new ProducerRecord<>(topics.samples(), 0, null,
          "nonsense".getBytes(StandardCharsets.UTF_8))).get();
      var unknownSet = new RecordWriter();
      var columns = new SampleColumns();
      columns.add(5, 1, 0, 1.0);
      unknownSet.begin(SHOP, 99);
      unknownSet.group(1, SampleKind.FLOAT, columns, 0, 1);
      raw.send(new ProducerRecord<>(topics.samples(), 0, null, unknownSet.finish())).get();
    }
    write(intake, SHOP, 20, 1);
    applyAll();

    assertThat(allCalls()).hasSize(20);
    assertThat(deadLetters(2)).anyMatch(reason -> reason.contains("magic"))
        .anyMatch(reason -> reason.contains("uses a series set that topic"));
  }

  @Test
  void aBrokerThatDiesUnderLoadLosesNothingThatWasAcknowledged() throws Exception {
    var acknowledged = new ArrayList<Integer>();
    var refused = new ArrayList<Integer>();
    for (int round = 0; round < 60; round++) {
      if (round == 20) {
        SharedBroker.get().crash("a drill");
      }
      try {
        write(intake, SHOP, 5, round);
        acknowledged.add(round);
      } catch (CompletionException failed) {
        refused.add(round);
      }
    }
    Await.until("the broker is up", () -> SharedBroker.get().downReason().isEmpty());
    Await.until("writes are accepted again", () -> {
      write(intake, SHOP, 5, 60);
      return true;
    });
    acknowledged.add(60);
    applyAll();

    var applied = new HashSet<String>();
    allCalls().forEach(call -> applied.add(call.split(" ")[2]));
    assertThat(acknowledged).hasSizeGreaterThan(20);
    for (int round : acknowledged) {
      assertThat(applied).as("refused were %s", refused).contains("" + round * 1000);
    }
  }

  @Test
  void aBrokenAdditionHidesNoOther() throws Exception {
    try (var raw = new KafkaProducer<>(new HashMap<>(SharedBroker.get().clientProperties()),
        new ByteArraySerializer(), new ByteArraySerializer())) {
      for (int partition = 0; partition < 2; partition++) {
        raw.send(
            new ProducerRecord<>(topics.seriesSets(), partition, new byte[] {1}, new byte[] {9, 9}))
            .get();
      }
    }
    write(intake, SHOP, 20, 1);
    applyAll();

    assertThat(allCalls()).hasSize(20);
    assertThat(deadLetters(2)).allMatch(reason -> reason.contains("series set at byte"));
  }

  @Test
  void aLogThatWasCutBelowWhatWasAppliedIsReadFromWhereItParts() throws Exception {
    write(intake, SHOP, 20, 1);
    applyAll();
    ingest.flush().get();
    ingest.close();
    long end = intake.acknowledgedOffset(0);
    var before = writers.get(0).appliedPosition();
    // As a store is that outlived the tail of its broker's log.
    writers.get(0)
        .applied(
            new LogPosition(before.clusterId(), before.topicId(), before.leaderEpoch(), end + 500));

    ingest = newIngest();
    Await.until("the worker found its place", () -> ingest.appliedOffset(0) == end);
    write(intake, SHOP, 20, 2);
    applyAll();

    assertThat(allCalls()).hasSize(40);
    assertThat(writers.get(0).gaps()).isEmpty();
  }

  @Test
  void aTopicMadeAnewIsAnotherLogReadFromItsBeginning() throws Exception {
    write(intake, SHOP, 20, 1);
    write(intake, SHOP, 20, 2);
    applyAll();
    try (var kafka = Admin.create(new HashMap<>(SharedBroker.get().clientProperties()))) {
      kafka.deleteTopics(List.of(topics.samples())).all().get();
    }
    Await.until("the topic is there again", () -> {
      log = admin.ensure(2, (short) 1, Duration.ofDays(-1));
      return true;
    });

    Await.until("a write is acknowledged", () -> {
      write(intake, SHOP, 20, 3);
      return true;
    });

    Await.until("it is applied", () -> {
      var times = new HashSet<String>();
      allCalls().forEach(call -> times.add(call.split(" ")[2]));
      return times.contains("3000") && allCalls().size() >= 60;
    });
    for (var writer : writers) {
      assertThat(writer.appliedPosition().topicId()).isEqualTo(log.samplesTopicId());
    }
  }

  @Test
  void aFlushThatFailsIsToldAndTriedAgain() throws Exception {
    write(intake, SHOP, 20, 1);
    applyAll();
    writers.forEach(writer -> writer.failNextFlushes(1));

    assertThatThrownBy(() -> ingest.flush().get()).hasMessageContaining("no space left");
    ingest.flush().get();

    assertThat(writers.get(0).flushedPosition().nextOffset())
        .isEqualTo(intake.acknowledgedOffset(0));
  }

  private void awaitBeginning(int partition, long offset) {
    var topic = new TopicPartition(topics.samples(), partition);
    try (var consumer = new KafkaConsumer<>(new HashMap<>(SharedBroker.get().clientProperties()),
        new ByteArrayDeserializer(), new ByteArrayDeserializer())) {
      Await.until("records are deleted",
          () -> consumer.beginningOffsets(List.of(topic)).getOrDefault(topic, -1L) == offset);
    }
  }

  private List<String> deadLetters(int count) {
    var reasons = new ArrayList<String>();
    var topic = new TopicPartition(topics.deadLetter(), 0);
    try (var consumer = new KafkaConsumer<>(new HashMap<>(SharedBroker.get().clientProperties()),
        new ByteArrayDeserializer(), new ByteArrayDeserializer())) {
      consumer.assign(List.of(topic));
      consumer.seekToBeginning(List.of(topic));
      Await.until("the dead letters are kept", () -> {
        consumer.poll(Duration.ofMillis(200))
            .forEach(letter -> reasons.add(
                new String(letter.headers().lastHeader("reason").value(), StandardCharsets.UTF_8)));
        return reasons.size() >= count;
      });
    }
    return reasons;
  }
}
