package io.throughline.rules.unit;

import static org.assertj.core.api.Assertions.assertThat;

import io.throughline.rules.Cases;
import io.throughline.rules.Programs;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class UnitTestsTest {

  static List<Cases> cases() {
    return Cases.read("/rules/unit/cases.txt");
  }

  private static Path write(Path folder, Cases one) throws IOException {
    Files.writeString(folder.resolve("rules.yml"), Cases.text("/rules/unit/rules.yml"));
    return Files.writeString(folder.resolve("tests.yml"), "rule_files: [rules.yml]\n" + one.text());
  }

  @ParameterizedTest
  @MethodSource("cases")
  void aTestHoldsOrSaysWhatDoesNot(Cases one, @TempDir Path folder) throws IOException {
    var failures = UnitTests.run(write(folder, one));

    if (one.good()) {
      assertThat(failures).isEmpty();
    } else {
      assertThat(failures).hasSize(1);
      assertThat(failures.getFirst()).contains(one.expected());
    }
  }

  @Test
  void promtoolSaysTheSameOfEachTest(@TempDir Path folder) throws Exception {
    var promtool = Programs.promtool();

    for (var one : cases()) {
      write(folder, one);
      var said = Programs.run(folder, List.of(promtool.toString(), "test", "rules", "tests.yml"));
      assertThat(said.exitCode() == 0).as(one + ": " + said.text()).isEqualTo(one.good());
    }
  }

  @Test
  void aRuleFileThatIsMissingIsNamed(@TempDir Path folder) throws IOException {
    var file = Files.writeString(folder.resolve("t.yml"), "rule_files: [none.yml]\n");

    assertThat(UnitTests.run(file).toString()).contains("none.yml: cannot be read");
    assertThat(UnitTests.run(folder.resolve("x.yml")).toString()).contains("x.yml: cannot be read");
  }
}
