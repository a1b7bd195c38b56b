package io.throughline.query.view;

import java.util.Arrays;

/**
 * Cells of a heatmap. Row i covers {@code (bounds[i], bounds[i+1]]}; the last bound may be infinite.
 *
 * @param cells per column, a count per row; null where the column holds nothing
 */
record Heatmap(double[] bounds, double[][] cells) {

  Heatmap(double[] bounds, HistogramColumns columns) {
    this(bounds, new double[columns.grid().columns()][]);
    int rows = bounds.length - 1;
    if (rows < 1) {
      return;
    }
    for (int column = 0; column < cells.length; column++) {
      var row = new double[rows];
      columns.forEachBucket(column, column + 1, (lower, upper, count) -> {
        // A bucket of another layout goes where its upper end lies.
        int at = Arrays.binarySearch(bounds, upper * (1 - 1e-9));
        int index = at >= 0 ? at : -at - 2;
        row[Math.clamp(index, 0, rows - 1)] += count;
      });
      cells[column] = row;
    }
  }
}
