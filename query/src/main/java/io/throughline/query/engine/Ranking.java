package io.throughline.query.engine;

import java.util.List;

/**
 * The k largest or smallest of a group's columns at one step, as a binary heap whose root is the one to go next. NaN goes
 * before any number. Which of equal values stay hangs on the heap's moves, and these are Prometheus': a fresh element
 * climbs while it is strictly worse than its parent, a replaced root sinks to its worse child.
 */
final class Ranking {

  private final List<SeriesColumn> columns;
  private final boolean top;
  private int[] heap = new int[16];
  private int size;
  private int most;
  private int step;

  Ranking(List<SeriesColumn> columns, boolean top) {
    this.columns = columns;
    this.top = top;
  }

  void start(int atStep, int atMost) {
    step = atStep;
    most = Math.min(atMost, columns.size());
    size = 0;
    if (heap.length < most) {
      heap = new int[most];
    }
  }

  int size() {
    return size;
  }

  int get(int at) {
    return heap[at];
  }

  void offer(int column) {
    if (size < most) {
      heap[size] = column;
      climb(size++);
    } else if (most > 0 && better(column, heap[0])) {
      heap[0] = column;
      sink();
    }
  }

  /** Best first, NaN last. */
  void sort() {
    for (int i = 1; i < size; i++) {
      int one = heap[i];
      int at = i;
      while (at > 0 && better(one, heap[at - 1])) {
        heap[at] = heap[at - 1];
        at--;
      }
      heap[at] = one;
    }
  }

  private boolean better(int column, int than) {
    double value = columns.get(column).values[step];
    double other = columns.get(than).values[step];
    if (Double.isNaN(other)) {
      return !Double.isNaN(value);
    }
    return top ? value > other : value < other;
  }

  private boolean goesBefore(int column, int other) {
    double value = columns.get(column).values[step];
    if (Double.isNaN(value)) {
      return true;
    }
    double against = columns.get(other).values[step];
    return top ? value < against : value > against;
  }

  private void climb(int from) {
    int at = from;
    while (at > 0) {
      int parent = (at - 1) / 2;
      if (!goesBefore(heap[at], heap[parent])) {
        return;
      }
      swap(at, parent);
      at = parent;
    }
  }

  private void sink() {
    int at = 0;
    while (2 * at + 1 < size) {
      int child = 2 * at + 1;
      if (child + 1 < size && goesBefore(heap[child + 1], heap[child])) {
        child++;
      }
      if (!goesBefore(heap[child], heap[at])) {
        return;
      }
      swap(at, child);
      at = child;
    }
  }

  private void swap(int a, int b) {
    int one = heap[a];
    heap[a] = heap[b];
    heap[b] = one;
  }
}
