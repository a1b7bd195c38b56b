package io.throughline.agent.otlp;

import static org.assertj.core.api.Assertions.assertThat;

import io.throughline.testkit.Await;
import io.throughline.testkit.OtlpReceiver;
import io.throughline.testkit.OtlpReceiver.Point;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class OutboxTest {

  private static final Instrument NUMBER = Instrument.gauge("number", "1");
  private final List<String> log = Collections.synchronizedList(new ArrayList<>());

  @TempDir
  private Path folder;

  @Test
  void nothingIsLostWhileTheCollectorIsAwayAndTheProcessIsReplaced() {
    var receiver = new OtlpReceiver();
    int port = receiver.port();
    String endpoint = receiver.endpoint();
    receiver.close();
    try (var first = new Outbox(Destination.of(endpoint), 200, folder, 1 << 20, log::add)) {
      for (long i = 0; i < 20; i++) {
        first.offer(request(i));
      }
      Await.until("the collector is missed", first::isAway);
    }

    try (var back = new OtlpReceiver(port);
        var second = new Outbox(Destination.of(endpoint), 200, folder, 1 << 20, log::add)) {
      second.offer(request(20));

      back.await("number", 20, p -> p.value() == 20);
      assertThat(back.points("number").stream().map(Point::value).distinct())
          .containsExactlyElementsOf(
              LongStream.rangeClosed(0, 20).mapToObj(i -> (double) i).toList());
      assertThat(second.dropped()).isZero();
    }
    assertThat(log.getFirst()).startsWith("collector is away, buffering: " + endpoint);
  }

  @Test
  void anUnavailableCollectorIsAskedAgainAndARefusedRequestIsDroppedAndCounted() {
    try (var receiver = new OtlpReceiver();
        var outbox = new Outbox(Destination.of(receiver.endpoint()), log::add)) {
      receiver.answer(503);
      outbox.offer(request(1));
      Await.until("the first refusal", outbox::isAway);
      receiver.answer(200);
      receiver.await("number", 10, p -> p.value() == 1);

      receiver.answer(400);
      outbox.offer(request(2));
      Await.until("the second request is dropped", () -> outbox.dropped() == 1);
      receiver.answer(200);
      outbox.offer(request(3));

      receiver.await("number", 10, p -> p.value() == 3);
      assertThat(receiver.points("number").stream().map(Point::value)).containsExactly(1.0, 3.0);
    }
  }

  @Test
  void withoutASpoolTheOldestAreDroppedAndCounted() {
    var receiver = new OtlpReceiver();
    receiver.close();
    try (var outbox = new Outbox(Destination.of(receiver.endpoint()), 3 * request(0).length, null,
        0, log::add)) {
      for (long i = 0; i < 10; i++) {
        outbox.offer(request(i));
      }

      assertThat(outbox.dropped()).isEqualTo(7);
    }
  }

  private static byte[] request(long number) {
    var writer = new OtlpWriter("test");
    writer.beginResource(Attributes.NONE);
    writer.single(NUMBER, 0, 1, number);
    writer.endResource();
    return writer.take();
  }
}
