package io.throughline.rules.file;

import static org.assertj.core.api.Assertions.assertThat;

import io.throughline.rules.Programs;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RuleFilesAgainstPrometheusTest {

  /** Prometheus 3's names and functions, which the 2.x of the index refuses. */
  private static final List<String> NEWER = List.of("promtool/features.yml",
      "rulefmt/legacy_validation_annotation.bad.yml", "rulefmt/utf-8_lname.good.yml");

  @Test
  void everyFileGetsPromtoolsVerdict(@TempDir Path folder) throws Exception {
    var promtool = Programs.promtool();
    int checked = 0;

    for (var one : RuleFilesTest.cases()) {
      if (one.common()) {
        var file = Files.writeString(folder.resolve("case.yml"), one.text());
        var said = Programs.run(folder,
            List.of(promtool.toString(), "check", "rules", file.toString()));
        assertThat(said.exitCode() == 0).as(one + ": promtool says " + said.text())
            .isEqualTo(one.good());
        checked++;
      }
    }

    assertThat(checked).isGreaterThan(45);
  }

  @Test
  void everyFileOfThePublicDataGetsPromtoolsVerdict() throws IOException {
    var folder = Programs.publicData("rules");
    int checked = 0;

    for (var row : Programs.index()) {
      if (row[1].equals("rules")) {
        var read = RuleFiles.read(folder.resolve(row[0]));
        boolean wanted = row[2].equals("accepted") || NEWER.contains(row[0]);
        assertThat(read.problems().isEmpty()).as(row[0] + ": " + read.problems()).isEqualTo(wanted);
        checked++;
      }
    }

    assertThat(checked).isGreaterThan(60);
  }
}
