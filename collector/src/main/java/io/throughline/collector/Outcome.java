package io.throughline.collector;

import io.throughline.model.Exemplar;
import io.throughline.model.Failure;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** What became of one request's samples before they were sent. Not thread-safe. */
final class Outcome {
  private static final int REASONS = 3;

  int samples;
  int histograms;
  /** Those that came with series that were taken. */
  final List<Exemplar> exemplars = new ArrayList<>();
  /** How many of them are kept. */
  int exemplarsKept;
  int refused;
  private boolean forNow;
  private final Set<String> reasons = new LinkedHashSet<>();
  /** Samples dropped by each rule of the tenant; none where rules drop nothing. */
  private long[] drops = {};

  /** Told of each rule that dropped samples. */
  interface Drops {
    void dropped(int rule, long samples);
  }

  int taken() {
    return samples + histograms;
  }

  void addExemplar(@Nullable Exemplar exemplar) {
    if (exemplar != null) {
      exemplars.add(exemplar);
    }
  }

  void refuse(int count, String reason) {
    refused += count;
    if (reasons.size() < REASONS) {
      reasons.add(reason);
    }
  }

  /** Of a limit that passes by itself; for one that stays, asking again is as vain as for what is wrong. */
  void refuseForNow(int count, String reason) {
    forNow = true;
    refuse(count, reason);
  }

  /** Notes samples that a relabelling rule drops: as wished, so the sender is not told. */
  void drop(int rule, int count) {
    if (rule >= drops.length) {
      drops = Arrays.copyOf(drops, rule + 8);
    }
    drops[rule] += count;
  }

  void forEachDrop(Drops each) {
    for (int rule = 0; rule < drops.length; rule++) {
      if (drops[rule] > 0) {
        each.dropped(rule, drops[rule]);
      }
    }
  }

  boolean anyRefused() {
    return refused > 0 || !reasons.isEmpty();
  }

  String summary() {
    return "stored " + taken() + " samples, refused " + refused + ": " + String.join("; ", reasons);
  }

  /** The category that a request of which samples were refused is answered with. */
  Failure.Category category() {
    return forNow ? Failure.Category.LIMIT : Failure.Category.USER;
  }
}
