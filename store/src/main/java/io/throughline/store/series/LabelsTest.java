package io.throughline.store.series;

import io.throughline.model.Labels;
import io.throughline.model.Matcher;
import java.util.List;

/** Whether all of some matchers accept a set of labels. Thread-safe. */
public final class LabelsTest {
  private final List<Matcher> matchers;
  private final List<ValueTest> tests;

  /** Throws a USER failure that shows an expression that is not RE2. */
  public LabelsTest(List<Matcher> matchers) {
    this.matchers = List.copyOf(matchers);
    tests = matchers.stream().map(ValueTest::of).toList();
  }

  public boolean accepts(Labels labels) {
    for (int i = 0; i < tests.size(); i++) {
      if (!tests.get(i).accepts(labels.getOrEmpty(matchers.get(i).label()))) {
        return false;
      }
    }
    return true;
  }
}
