package io.throughline.app.console;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * A line chart of text. Each character is a grid of two by four dots (Braille patterns), so 60 characters show 120 steps.
 * Series beyond those that colours tell apart share the colours again.
 */
final class Chart {

  private static final int[] COLOURS = {36, 33, 35, 32, 34, 31};
  private static final int[][] DOTS = {{0x01, 0x08}, {0x02, 0x10}, {0x04, 0x20}, {0x40, 0x80}};
  private static final int BRAILLE = 0x2800;

  /** One line: its name and its points, times ascending, of equal length. */
  record Line(String name, List<Long> timesMs, List<Double> values) {}

  private final int width;
  private final int height;
  private final boolean coloured;

  /** @param width and height of the plot in characters, without axis and names */
  Chart(int width, int height, boolean coloured) {
    this.width = width;
    this.height = height;
    this.coloured = coloured;
  }

  /** The chart's lines of text: the plot, the time axis, a name for each line. */
  List<String> draw(List<Line> lines, long startMs, long endMs) {
    double low = Double.POSITIVE_INFINITY;
    double high = Double.NEGATIVE_INFINITY;
    for (var line : lines) {
      for (double value : line.values()) {
        if (Double.isFinite(value)) {
          low = Math.min(low, value);
          high = Math.max(high, value);
        }
      }
    }
    if (low > high) {
      return List.of("no numbers to draw");
    }
    if (low == high) {
      low -= Math.max(1, Math.abs(low)) / 2;
      high += Math.max(1, Math.abs(high)) / 2;
    }
    var dots = new int[height][width];
    var owner = new int[height][width];
    for (int i = 0; i < lines.size(); i++) {
      plot(lines.get(i), i, startMs, endMs, low, high, dots, owner);
    }
    return text(lines, startMs, endMs, low, high, dots, owner);
  }

  private void plot(Line line, int index, long startMs, long endMs, double low, double high,
      int[][] dots, int[][] owner) {
    int columns = 2 * width;
    int rows = 4 * height;
    for (int p = 0; p < line.values().size(); p++) {
      double value = line.values().get(p);
      if (!Double.isFinite(value)) {
        continue;
      }
      double across = endMs == startMs
          ? 0.5
          : (double) (line.timesMs().get(p) - startMs) / (endMs - startMs);
      int x = (int) Math.clamp(Math.round(across * (columns - 1)), 0, columns - 1);
      int y = (int) Math.clamp(Math.round((high - value) / (high - low) * (rows - 1)), 0, rows - 1);
      dots[y / 4][x / 2] |= DOTS[y % 4][x % 2];
      owner[y / 4][x / 2] = index;
    }
  }

  private List<String> text(List<Line> lines, long startMs, long endMs, double low, double high,
      int[][] dots, int[][] owner) {
    var text = new ArrayList<String>();
    for (int row = 0; row < height; row++) {
      var label = row == 0
          ? number(high)
          : row == height - 1 ? number(low) : row == height / 2 ? number((low + high) / 2) : "";
      var plot = new StringBuilder();
      for (int column = 0; column < width; column++) {
        plot.append(dots[row][column] == 0
            ? " "
            : colour(owner[row][column], Character.toString(BRAILLE + dots[row][column])));
      }
      text.add(" ".repeat(Math.max(0, 10 - label.length())) + label + " │" + plot);
    }
    text.add(" ".repeat(11) + "└" + "─".repeat(width));
    var left = Times.clock(startMs);
    var right = Times.clock(endMs);
    text.add(" ".repeat(12) + left + " ".repeat(Math.max(1, width - left.length() - right.length()))
        + right);
    for (int i = 0; i < lines.size(); i++) {
      text.add(" ".repeat(12) + colour(i, "●") + " " + lines.get(i).name());
    }
    return text;
  }

  private String colour(int index, String text) {
    return coloured ? "\u001b[" + COLOURS[index % COLOURS.length] + "m" + text + "\u001b[0m" : text;
  }

  /** Few digits, as an axis has room for. */
  static String number(double value) {
    double size = Math.abs(value);
    String[] units = {"", "k", "M", "G", "T"};
    int unit = 0;
    while (size >= 1000 && unit < units.length - 1) {
      size /= 1000;
      unit++;
    }
    if (size != 0 && (size < 0.001 || size >= 1000)) {
      return String.format(Locale.ROOT, "%.2e", value);
    }
    var digits = String.format(Locale.ROOT, size >= 100 ? "%.0f" : size >= 10 ? "%.1f" : "%.3f",
        Math.copySign(size, value));
    return (digits.contains(".") ? digits.replaceAll("\\.?0+$", "") : digits) + units[unit];
  }
}
