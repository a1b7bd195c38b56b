package io.throughline.collector;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.throughline.model.Failure;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.xerial.snappy.Snappy;

class SnappyBodyTest {
  private static final int MAX_BYTES = 32 << 20;
  private final SnappyBody body = new SnappyBody();
  private final Random random = new Random(7);

  @Test
  void bodiesOfAnySizeOneAfterTheOtherReadAsTheyWere() throws Exception {
    for (int size : new int[] {3, 5_000, 1, SnappyBody.KEPT_BYTES + 1, 70_000, 0}) {
      var sent = new byte[size];
      random.nextBytes(sent);

      body.uncompress(Snappy.compress(sent), MAX_BYTES);

      assertThat(Arrays.copyOf(body.bytes(), body.length())).isEqualTo(sent);
    }
  }

  @Test
  void theArrayIsUsedAgainUnlessALargeBodyNeededIt() throws Exception {
    body.uncompress(Snappy.compress(new byte[100_000]), MAX_BYTES);
    var first = body.bytes();

    body.uncompress(Snappy.compress(new byte[90_000]), MAX_BYTES);
    assertThat(body.bytes()).isSameAs(first);
    body.uncompress(Snappy.compress(new byte[2 * SnappyBody.KEPT_BYTES]), MAX_BYTES);
    body.uncompress(Snappy.compress(new byte[90_000]), MAX_BYTES);
    assertThat(body.bytes().length).isLessThanOrEqualTo(SnappyBody.KEPT_BYTES);
  }

  @Test
  void noArrayIsMadeForWhatAHeaderPromisesInVain() {
    // 1,000,000 as a varint, and one literal byte.
    var promise = new byte[] {(byte) 0xc0, (byte) 0x84, 0x3d, 0, 7};

    assertThatThrownBy(() -> body.uncompress(promise, MAX_BYTES)).isInstanceOf(Failure.class)
        .hasMessageContaining("1,000,000 declared in 5 bytes");
    assertThat(body.bytes()).isEmpty();
  }

  @Test
  void nothingIsLeftOfABodyBeforeOneThatIsRefused() throws Exception {
    body.uncompress(Snappy.compress(new byte[10]), MAX_BYTES);

    assertThatThrownBy(() -> body.uncompress(Snappy.compress(new byte[1_000]), 999))
        .isInstanceOf(Failure.class)
        .hasMessageContaining("collector.max-decoded-bytes");
    assertThat(body.length()).isZero();
  }
}
