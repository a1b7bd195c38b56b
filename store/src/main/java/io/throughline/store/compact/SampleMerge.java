package io.throughline.store.compact;

import io.throughline.store.SampleBuffer;

/** Puts samples of one series in order; where two share a timestamp, the one that came later stays. */
public final class SampleMerge {
  private int[] order = new int[64];
  private int[] spare = new int[64];

  /** Copies {@code arrived}, which is in the order of arrival, to {@code into} in the order of time. */
  public void sort(SampleBuffer arrived, SampleBuffer into) {
    into.clear();
    int size = arrived.size();
    if (order.length < size) {
      order = new int[size];
      spare = new int[size];
    }
    for (int i = 0; i < size; i++) {
      order[i] = i;
    }
    var times = arrived.times();
    // A bottom-up merge sort: stable, so equal times stay in the order of arrival.
    for (int width = 1; width < size; width *= 2) {
      for (int from = 0; from < size; from += 2 * width) {
        int middle = Math.min(from + width, size);
        int end = Math.min(from + 2 * width, size);
        int left = from;
        int right = middle;
        for (int i = from; i < end; i++) {
          boolean takeLeft = right >= end
              || left < middle && times[order[left]] <= times[order[right]];
          spare[i] = takeLeft ? order[left++] : order[right++];
        }
      }
      var swap = order;
      order = spare;
      spare = swap;
    }
    for (int i = 0; i < size; i++) {
      if (i + 1 == size || times[order[i]] != times[order[i + 1]]) {
        into.copy(arrived, order[i]);
      }
    }
  }

  /** Appends {@code newer} to {@code older} if it lies behind it; false, and nothing done, if not. */
  public static boolean appendBehind(SampleBuffer older, SampleBuffer newer) {
    if (older.size() > 0 && newer.size() > 0
        && newer.times()[0] <= older.times()[older.size() - 1]) {
      return false;
    }
    older.copyAll(newer);
    return true;
  }

  /** Merges two ascending columns; at equal times the newer one's sample is taken. */
  public static void merge(SampleBuffer older, SampleBuffer newer, SampleBuffer into) {
    into.clear();
    int left = 0;
    int right = 0;
    while (left < older.size() || right < newer.size()) {
      if (right == newer.size()
          || left < older.size() && older.times()[left] < newer.times()[right]) {
        into.copy(older, left++);
      } else {
        if (left < older.size() && older.times()[left] == newer.times()[right]) {
          left++;
        }
        into.copy(newer, right++);
      }
    }
  }
}
