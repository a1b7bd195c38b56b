package io.throughline.query.engine;

import static org.assertj.core.api.Assertions.assertThat;

import io.throughline.query.promql.Aggregation;
import io.throughline.query.promql.Function;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The language as text: every file {@code promql/*.test} says what is stored, asked and answered. */
class PromqlSpecsTest {

  static List<String> files() {
    try (var files = Files.list(directory())) {
      return files.map(file -> file.getFileName().toString())
          .filter(name -> name.endsWith(".test"))
          .sorted()
          .toList();
    } catch (IOException missing) {
      throw new UncheckedIOException(missing);
    }
  }

  private static Path directory() {
    try {
      return Path.of(Objects.requireNonNull(PromqlSpecsTest.class.getResource("/promql")).toURI());
    } catch (URISyntaxException impossible) {
      throw new IllegalStateException(impossible);
    }
  }

  static SpecFile spec(String file, SpecFile.Runner runner) {
    try {
      return new SpecFile(file, Files.readString(directory().resolve(file)), runner);
    } catch (IOException missing) {
      throw new UncheckedIOException(missing);
    }
  }

  static final SpecFile.Runner REAL = (query, source) -> Engine.run(query, source,
      new QueryBudget(QueryLimits.DEFAULT));

  @ParameterizedTest
  @MethodSource("files")
  void theAnswersAreThoseOfTheSpecification(String file) {
    assertThat(spec(file, REAL).run()).isEmpty();
  }

  @Test
  void everyFunctionAndAggregationThatOnlyNewerPrometheusKnowsIsSpecified() {
    var asked = new StringBuilder();
    for (var file : files()) {
      var spec = spec(file, REAL);
      spec.run();
      spec.expressions().forEach(expression -> asked.append(expression).append('\n'));
    }

    assertThat(AgainstPrometheusTest.SINCE_3)
        .allMatch(function -> asked.indexOf(function.symbol() + "(") >= 0);
    assertThat(List.of(Aggregation.LIMITK, Aggregation.LIMIT_RATIO))
        .allMatch(aggregation -> asked.indexOf(aggregation.symbol()) >= 0);
    assertThat(Function.values()).hasSizeGreaterThan(80);
  }
}
