package io.throughline.model;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class CountedTest {

  @Test
  void oneIsSaidInTheSingularAndEveryOtherNumberInThePlural() {
    assertThat(Counted.of(1, "rule")).isEqualTo("1 rule");
    assertThat(Counted.of(0, "rule")).isEqualTo("0 rules");
    assertThat(Counted.of(2, "rule")).isEqualTo("2 rules");
    assertThat(Counted.of(21, "rule")).isEqualTo("21 rules");
    assertThat(Counted.times(1)).isEqualTo("once");
    assertThat(Counted.times(0)).isEqualTo("0 times");
    assertThat(Counted.times(3)).isEqualTo("3 times");
  }
}
