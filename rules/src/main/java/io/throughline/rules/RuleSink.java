package io.throughline.rules;

import io.throughline.rules.group.RuleSample;
import java.util.List;
import java.util.concurrent.CompletionStage;

/** Where the results of rules go: the door that all samples come in through. */
@FunctionalInterface
public interface RuleSink {

  /** Writes samples; completes once they are acknowledged, exceptionally with a {@code Failure} if they are not. */
  CompletionStage<Void> write(List<RuleSample> samples);
}
