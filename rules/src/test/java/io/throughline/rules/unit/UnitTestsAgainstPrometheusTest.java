package io.throughline.rules.unit;

import static org.assertj.core.api.Assertions.assertThat;

import io.throughline.rules.Programs;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import org.assertj.core.api.SoftAssertions;
import org.junit.jupiter.api.Test;

class UnitTestsAgainstPrometheusTest {

  /**
   * What Prometheus 3 says where 2.x says something else: histograms are known, the interval has a default, and a range
   * does not hold the sample at its left end.
   */
  private static final Map<String, Boolean> NEWER = Map.of("promtool/unittest.yml", true,
      "promtool/no-test-group-interval.yml", true, "kubernetes-mixin-tests/tests.yml", true);

  @Test
  void everyFileOfThePublicDataGetsPromtoolsVerdict() throws IOException {
    var folder = Programs.publicData("rules");
    int checked = 0;
    var softly = new SoftAssertions();

    for (var row : Programs.index()) {
      if (row[1].equals("unit-test")) {
        List<String> failures = UnitTests.run(folder.resolve(row[0]));
        boolean wanted = NEWER.getOrDefault(row[0], row[2].equals("accepted"));
        softly.assertThat(failures.isEmpty()).as(row[0] + ": " + failures).isEqualTo(wanted);
        checked++;
      }
    }

    softly.assertAll();
    assertThat(checked).isGreaterThan(10);
  }
}
