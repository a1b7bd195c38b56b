package io.throughline.broker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.IntStream;
import jdk.jfr.Event;
import jdk.jfr.Name;
import jdk.jfr.Recording;
import jdk.jfr.StackTrace;
import jdk.jfr.consumer.RecordedEvent;
import jdk.jfr.consumer.RecordingFile;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** One test: a broker's start is what costs, and each part needs the one before. */
class EmbeddedBrokerTest {

  /** By default the first look at what was deleted comes long after a start. */
  private static final Map<String, String> LOOKS_AT_ONCE = Map.of("log.initial.task.delay.ms",
      "500");

  @TempDir
  Path folder;
  @TempDir
  Path copies;

  @Test
  void keepsWhatItAcknowledgedAcrossAFailureOfItsOwnAndARestart() throws Exception {
    String clusterId;
    Topics.Description described;
    Path asAKillWouldLeaveIt;
    try (var broker = EmbeddedBroker.start(folder, false, LOOKS_AT_ONCE);
        var topics = new Topics(broker.clientProperties(), "");
        var probe = new WriteProbe(broker.clientProperties(), "")) {
      clusterId = broker.clusterId();
      described = topics.ensure(4, (short) 1, Duration.ofDays(-1));
      assertThat(described.clusterId()).isEqualTo(clusterId);
      assertThat(described.partitionCount()).isEqualTo(4);
      assertThat(topics.ensure(9, (short) 1, Duration.ofDays(-1))).isEqualTo(described);

      try (var producer = producer(broker.clientProperties())) {
        producer.send(new ProducerRecord<>("samples", 2, "k", "before")).get();

        assertThat(forcedBeforeAcknowledged(broker, "without")).containsOnly(false);
        assertThat(probe.reason()).isEmpty();
        broker.crash("a drill");
        assertThat(broker.downReason()).isEqualTo("a drill");
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
        while (!broker.downReason().isEmpty() && System.nanoTime() < deadline) {
          LockSupport.parkNanos(1_000_000);
        }
        // The client finds it again by itself.
        producer.send(new ProducerRecord<>("samples", 2, "k", "after")).get(60, TimeUnit.SECONDS);
        assertThat(broker.downReason()).isEmpty();
        assertThat(probe.reason()).isEmpty();
      }
      deletedRecordsFreeTheirDiskSpace(broker, topics);

      asAKillWouldLeaveIt = copied(folder);

      assertThatTheSecretIsNeeded(broker);
      assertThat(PosixFilePermissions
          .toString(Files.getPosixFilePermissions(folder.resolve("client-secret"))))
          .isEqualTo("rw-------");
    }

    try (var broker = EmbeddedBroker.start(folder, true);
        var topics = new Topics(broker.clientProperties(), "")) {
      assertThat(broker.clusterId()).isEqualTo(clusterId);
      assertThat(topics.ensure(4, (short) 1, Duration.ofDays(-1))).isEqualTo(described);
      assertThat(read(broker.clientProperties())).containsExactly("before", "after");
      assertThat(forcedBeforeAcknowledged(broker, "with")).containsOnly(true);
    }

    // Its controller still holds the broker for alive, with all its leads.
    try (var broker = EmbeddedBroker.start(asAKillWouldLeaveIt, false);
        var topics = new Topics(broker.clientProperties(), "");
        var probe = new WriteProbe(broker.clientProperties(), "")) {
      assertThat(topics.ensure(4, (short) 1, Duration.ofDays(-1))).isEqualTo(described);
      assertThat(read(broker.clientProperties())).containsExactly("before", "after");
      assertThat(probe.reason()).isEmpty();
      setsOfEarlierStartsGoWithTheirLastSample(broker, topics);
    }
  }

  private static void setsOfEarlierStartsGoWithTheirLastSample(EmbeddedBroker broker, Topics topics)
      throws Exception {
    var sets = new TopicPartition(Topics.SERIES_SETS, 2);
    try (var producer = producer(broker.clientProperties());
        var consumer = new KafkaConsumer<>(broker.clientProperties(), new StringDeserializer(),
            new StringDeserializer())) {
      producer.send(new ProducerRecord<>(Topics.SERIES_SETS, 2, "a", "of an earlier start")).get();
      var earlier = new EarlierSets(topics, 4);
      long ofThisStart = producer.send(new ProducerRecord<>(Topics.SERIES_SETS, 2, "b", "of this"))
          .get()
          .offset();
      long end = topics.ends(Topics.SAMPLES, 4)[2];
      assertThat(end).isPositive();

      earlier.flushed(2, end - 1);
      producer.send(new ProducerRecord<>(Topics.SERIES_SETS, 2, "c", "of this, too")).get();
      assertThat(consumer.beginningOffsets(List.of(sets))).containsEntry(sets, 0L);

      earlier.flushed(2, end);
      long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(30);
      while (consumer.beginningOffsets(List.of(sets)).getOrDefault(sets, 0L) == 0
          && System.nanoTime() < deadline) {
        LockSupport.parkNanos(1_000_000);
      }
      assertThat(consumer.beginningOffsets(List.of(sets))).containsEntry(sets, ofThisStart);
    }
  }

  /** The folder as it is on the disk while the broker runs. */
  private Path copied(Path running) throws IOException {
    var target = copies.resolve("killed");
    Files.walkFileTree(running, new SimpleFileVisitor<>() {
      @Override
      public FileVisitResult preVisitDirectory(Path each, BasicFileAttributes attributes)
          throws IOException {
        Files.createDirectories(target.resolve(running.relativize(each)));
        return FileVisitResult.CONTINUE;
      }

      @Override
      public FileVisitResult visitFile(Path file, BasicFileAttributes attributes)
          throws IOException {
        try {
          Files.copy(file, target.resolve(running.relativize(file)));
        } catch (NoSuchFileException gone) {
          return visitFileFailed(file, gone);
        }
        return FileVisitResult.CONTINUE;
      }

      @Override
      public FileVisitResult visitFileFailed(Path file, IOException gone) {
        // The broker deletes old segments and renames checkpoints while it is copied.
        return FileVisitResult.CONTINUE;
      }
    });
    return target;
  }

  /** Marks the recording's own clock: an instant of another could not be compared. */
  @Name("throughline.Mark")
  @StackTrace(false)
  static final class Mark extends Event {
    int write;
    boolean acknowledged;
  }

  /**
   * For each of some writes, sent one after the other: whether the file of its segment was forced to the disk between
   * its sending and its acknowledgement, by the Java runtime's own record of what it asked the system for.
   */
  private List<Boolean> forcedBeforeAcknowledged(EmbeddedBroker broker, String name)
      throws Exception {
    int writes = 20;
    var file = folder.resolve(name + ".jfr");
    try (var recording = new Recording(); var producer = producer(broker.clientProperties())) {
      recording.enable("jdk.FileForce").withoutThreshold().withoutStackTrace();
      recording.enable(Mark.class);
      recording.start();
      for (int i = 0; i < writes; i++) {
        mark(i, false);
        producer.send(new ProducerRecord<>("samples", 1, "k", "write " + i)).get();
        mark(i, true);
      }
      recording.stop();
      recording.dump(file);
    }
    var sent = new Instant[writes];
    var acknowledged = new Instant[writes];
    var forced = new ArrayList<RecordedEvent>();
    for (var event : RecordingFile.readAllEvents(file)) {
      if (event.getEventType().getName().equals("throughline.Mark")) {
        (event.getBoolean("acknowledged") ? acknowledged : sent)[event.getInt("write")] = event
            .getStartTime();
      } else if (String.valueOf(event.getString("path")).matches(".*samples-1/\\d+\\.log")) {
        forced.add(event);
      }
    }
    return IntStream.range(0, writes)
        .mapToObj(i -> forced.stream()
            .anyMatch(event -> !event.getStartTime().isBefore(sent[i])
                && !event.getEndTime().isAfter(acknowledged[i])))
        .toList();
  }

  private static void mark(int write, boolean acknowledged) {
    var mark = new Mark();
    mark.write = write;
    mark.acknowledged = acknowledged;
    mark.commit();
  }

  private void deletedRecordsFreeTheirDiskSpace(EmbeddedBroker broker, Topics topics)
      throws Exception {
    var random = new Random(7);
    long end = 0;
    try (var producer = new KafkaProducer<>(new HashMap<>(broker.clientProperties()),
        new ByteArraySerializer(), new ByteArraySerializer())) {
      for (int i = 0; i < 36; i++) {
        var megabyte = new byte[1_000_000];
        random.nextBytes(megabyte);
        end = producer.send(new ProducerRecord<>("samples", 1, null, megabyte)).get().offset() + 1;
      }
    }
    assertThat(logBytes(1)).isGreaterThan(32L << 20);

    topics.deleteSamplesBelow(1, end);

    // All but the segment that is written to.
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
    while (logBytes(1) > 20 << 20 && System.nanoTime() < deadline) {
      LockSupport.parkNanos(10_000_000);
    }
    assertThat(logBytes(1)).isLessThan(20 << 20);
  }

  private long logBytes(int partition) throws Exception {
    long bytes = 0;
    try (var files = Files.newDirectoryStream(folder.resolve("samples-" + partition), "*.log*")) {
      for (var file : files) {
        bytes += file.toFile().length();
      }
    }
    return bytes;
  }

  private static void assertThatTheSecretIsNeeded(EmbeddedBroker broker) {
    var properties = new HashMap<>(broker.clientProperties());
    properties.put("sasl.jaas.config",
        "org.apache.kafka.common.security.plain.PlainLoginModule required username=\"throughline\" password=\"guess\";");
    try (var admin = Admin.create(properties)) {
      assertThatThrownBy(() -> admin.listTopics().names().get())
          .isInstanceOf(ExecutionException.class)
          .hasMessageContaining("Authentication failed");
    }
  }

  private static KafkaProducer<String, String> producer(Map<String, Object> client) {
    var properties = new HashMap<>(client);
    properties.put("acks", "all");
    properties.put("delivery.timeout.ms", 60_000);
    return new KafkaProducer<>(properties, new StringSerializer(), new StringSerializer());
  }

  private static List<String> read(Map<String, Object> client) {
    try (var consumer = new KafkaConsumer<>(new HashMap<>(client), new StringDeserializer(),
        new StringDeserializer())) {
      var partition = new TopicPartition("samples", 2);
      consumer.assign(List.of(partition));
      consumer.seekToBeginning(List.of(partition));
      long end = consumer.endOffsets(List.of(partition)).getOrDefault(partition, 0L);
      var values = new ArrayList<String>();
      while (consumer.position(partition) < end) {
        consumer.poll(Duration.ofSeconds(1)).forEach(record -> values.add(record.value()));
      }
      return values;
    }
  }
}
