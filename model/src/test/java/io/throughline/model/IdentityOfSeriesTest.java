package io.throughline.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Fingerprints and partitions are in files and logs: these values never change. */
class IdentityOfSeriesTest {

  private static final Labels UP = Labels.of("__name__", "up", "instance", "a:1", "job", "shop");

  @Test
  void aFingerprintIsAFunctionOfTenantAndLabelsThatNeverChanges() {
    assertThat(Fingerprint.of(Tenant.DEFAULT, UP))
        .isEqualTo(new Fingerprint(-2798618698974321554L, 3903317312830884711L));
    assertThat(Fingerprint.of(new Tenant("other"), UP))
        .isNotEqualTo(Fingerprint.of(Tenant.DEFAULT, UP));
  }

  @Test
  void partitionsNeverChange() {
    assertThat(Partitioning.partition(Tenant.DEFAULT, UP, 4)).isEqualTo(3);
    assertThat(Partitioning.partition(Tenant.DEFAULT, UP, 64)).isEqualTo(39);
  }

  @Test
  void seriesOfOneTargetShareAPartition() {
    int partition = Partitioning.partition(Tenant.DEFAULT, UP, 64);

    for (int i = 0; i < 50; i++) {
      var sibling = UP.toBuilder().set("__name__", "metric_" + i).set("code", "" + i).build();
      assertThat(Partitioning.partition(Tenant.DEFAULT, sibling, 64)).isEqualTo(partition);
    }
  }

  @Test
  void withoutAnInstanceThePodDecidesAndWithoutAJobAllLabelsDo() {
    var pod = Labels.of("__name__", "x", "job", "j", "pod", "p-1", "le", "1");
    var samePod = Labels.of("__name__", "y", "job", "j", "pod", "p-1");
    var bare = Labels.of("__name__", "x", "pod", "p-1", "le", "1");
    int differing = 0;
    for (int i = 0; i < 64; i++) {
      var other = bare.toBuilder().set("le", "" + i).build();
      if (Partitioning.partition(Tenant.DEFAULT, other, 64) != Partitioning
          .partition(Tenant.DEFAULT, bare, 64)) {
        differing++;
      }
    }

    assertThat(Partitioning.partition(Tenant.DEFAULT, pod, 64))
        .isEqualTo(Partitioning.partition(Tenant.DEFAULT, samePod, 64));
    assertThat(differing).isGreaterThan(50);
  }

  @ParameterizedTest
  @ValueSource(strings = {"", ".", "..", ".hidden", "a/b", "a b", "ü", "x\u0000"})
  void aTenantThatCouldLeaveItsFolderIsRefused(String id) {
    assertThatThrownBy(() -> new Tenant(id)).isInstanceOf(Failure.class)
        .hasMessageContaining("want 1 to 64 characters");
  }
}
