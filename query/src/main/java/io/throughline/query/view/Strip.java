package io.throughline.query.view;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One chart of a page, ready to be written.
 *
 * @param unit of every series that has none of its own
 * @param kind {@code heatmap} or {@code lines}
 * @param reason why it is not measured; "" where it is
 */
record Strip(String id, String title, String unit, String kind, State state, String reason,
    Grid grid, @Nullable Heatmap heatmap, List<Line> lines, List<String> notes) {

  enum State {
    MEASURED("measured"),
    NOT_MEASURED("not-measured"),
    PENDING("pending");

    private final String word;

    State(String word) {
      this.word = word;
    }

    String word() {
      return word;
    }
  }

  /**
   * One line of a chart.
   *
   * @param role {@code ok}, {@code error}, {@code usage}, {@code limit}, {@code wait}, {@code quantile},
   *     {@code other}
   * @param unit where it differs from the strip's, else ""
   * @param reason why it is not measured; "" where it is
   * @param columns null where it is not measured
   * @param lower of a quantile, the lower bounds; upper likewise
   */
  record Line(String name, String role, String unit, String reason, @Nullable Columns columns,
      double @Nullable [] lower, double @Nullable [] upper) {

    static Line measured(String name, String role, String unit, Columns columns) {
      return new Line(name, role, unit, "", columns, null, null);
    }

    static Line missing(String name, String role, String unit, String reason) {
      return new Line(name, role, unit, reason, null, null, null);
    }

    boolean isMeasured() {
      return columns != null;
    }
  }

  /** A strip of lines: not measured where none of its lines is. */
  static Strip ofLines(String id, String title, String unit, Grid grid, List<Line> lines,
      List<String> notes) {
    for (var line : lines) {
      if (line.isMeasured()) {
        return new Strip(id, title, unit, "lines", State.MEASURED, "", grid, null, lines, notes);
      }
    }
    var reason = lines.isEmpty() ? "nothing is known to look for" : lines.getFirst().reason();
    return new Strip(id, title, unit, "lines", State.NOT_MEASURED, reason, grid, null, List.of(),
        notes);
  }
}
