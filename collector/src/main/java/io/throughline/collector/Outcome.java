package io.throughline.collector;

import io.throughline.model.Failure;
import java.util.LinkedHashSet;
import java.util.Set;

/** What became of one request's samples before they were sent. Not thread-safe. */
final class Outcome {
  private static final int REASONS = 3;

  int samples;
  int histograms;
  int exemplars;
  int refused;
  boolean limitReached;
  private final Set<String> reasons = new LinkedHashSet<>();

  int taken() {
    return samples + histograms;
  }

  void refuse(int count, String reason) {
    refused += count;
    if (reasons.size() < REASONS) {
      reasons.add(reason);
    }
  }

  void refuseForLimit(int count, String reason) {
    limitReached = true;
    refuse(count, reason);
  }

  boolean anyRefused() {
    return refused > 0 || !reasons.isEmpty();
  }

  String summary() {
    return "stored " + taken() + " samples, refused " + refused + ": " + String.join("; ",
        reasons);
  }

  /** The category that a request of which samples were refused is answered with. */
  Failure.Category category() {
    return limitReached ? Failure.Category.LIMIT : Failure.Category.USER;
  }
}
