package io.throughline.agent.sidecar;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RoutesTest {

  @ParameterizedTest
  @CsvSource(delimiter = '|', textBlock = """
      /                                             | /
      /orders                                       | /orders
      /orders/8731/lines/2                          | /orders/{id}/lines/{id}
      /orders/?x=1/2                                | /orders/
      /u/9b2e4f10-0d4b-4b6e-8d3e-2b8f6a1c9d77/x     | /u/{id}/x
      /c/deadbeef0/x                                | /c/{id}/x
      /c/facade/x                                   | /c/facade/x
      /api/v1/query_range                           | /api/v1/query_range
      /user/ada@example.org                         | /user/{id}
      /user/%41                                     | /user/{id}
      /sku-123                                      | /{id}
      /a/b/c/d/e/f/g/h/i/j                          | /a/b/c/d/e/f/g/h/…
      *                                             | *
      http://x/y                                    | other
      """)
  void idsBecomePlaceholders(String target, String template) {
    assertThat(Routes.template(target)).isEqualTo(template);
  }

  @Test
  void afterTheBoundEveryNewRouteIsOtherAndKnownOnesStay() {
    var routes = new Routes();
    String letters = "abcdefghijklmnopqrstuvwxyz";
    for (int i = 0; i < Routes.MOST_ROUTES; i++) {
      routes.of("/" + letters.charAt(i / 26) + letters.charAt(i % 26));
    }

    assertThat(routes.of("/new")).isEqualTo(Routes.OTHER);
    assertThat(routes.of("/aa")).isEqualTo("/aa");
  }
}
