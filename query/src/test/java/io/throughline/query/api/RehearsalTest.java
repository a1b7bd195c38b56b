package io.throughline.query.api;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.InstantSource;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a process asks itself before it is asked. */
final class RehearsalTest {

  @Test
  void everyQuestionHasAnAnswerThatIsNotEmptyAndIsAskedAgainInTheNextRound(@TempDir Path folder) {
    try (var rehearsal = Rehearsal.open(folder, InstantSource.system())) {
      rehearsal.round();

      for (var question : rehearsal.questions()) {
        var answer = new ByteArrayOutputStream();
        rehearsal.ask(question, answer);
        var text = answer.toString(StandardCharsets.UTF_8);

        assertThat(text).as(question)
            .startsWith("{\"status\":\"success\"")
            .endsWith("}")
            .doesNotContain("\"result\":[]", "\"data\":[]");
      }
    }
  }
}
