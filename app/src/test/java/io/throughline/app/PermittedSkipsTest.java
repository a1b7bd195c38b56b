package io.throughline.app;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** docs/tests.md: a permission for a test that is not there would let another one be skipped unseen. */
class PermittedSkipsTest {
  private static final Path ROOT = Path.of("..");

  @Test
  void eachPermittedSkipIsOfATestThatExists() throws IOException {
    var permitted = Pattern.compile("^\\| `([^`]+)` \\|", Pattern.MULTILINE)
        .matcher(Files.readString(ROOT.resolve("docs/tests.md")))
        .results()
        .map((MatchResult row) -> row.group(1))
        .toList();
    var tests = sources();

    assertThat(permitted).isNotEmpty()
        .allSatisfy(name -> assertThat(tests)
            .anyMatch(text -> List.of(name.split("\\.")).stream().allMatch(text::contains)));
  }

  /** Name and text of each test's file. */
  private static List<String> sources() throws IOException {
    var found = new ArrayList<String>();
    try (var modules = Files.newDirectoryStream(ROOT, Files::isDirectory)) {
      for (var module : modules) {
        for (var folder : List.of("src/test/java", "e2e")) {
          var tests = module.resolve(folder);
          if (Files.isDirectory(tests)) {
            try (var files = Files.walk(tests)) {
              files.filter(file -> file.toString().matches(".*(Test|IT)\\.java|.*\\.test\\.ts"))
                  .forEach(file -> found.add(file.getFileName() + "\n" + read(file)));
            }
          }
        }
      }
    }
    return found;
  }

  private static String read(Path file) {
    try {
      return Files.readString(file);
    } catch (IOException unreadable) {
      throw new UncheckedIOException(unreadable);
    }
  }
}
