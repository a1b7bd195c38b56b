package io.throughline.collector.produce;

import com.dynatrace.hash4j.distinctcount.UltraLogLog;
import com.dynatrace.hash4j.hashing.Hasher64;
import com.dynatrace.hash4j.hashing.Hashing;
import io.throughline.model.Labels;
import java.util.HashMap;
import java.util.Map;

/**
 * Which label of a tenant's new series takes ever new values: a sketch of the distinct values of each name. It begins
 * where a limit comes near, and sees what is refused too, so after a moment it names what explodes. Used under a lock.
 *
 * <p>Bounded: {@value #MAX_NAMES} names of half a kilobyte each; names beyond are not looked at.
 */
final class LabelGrowth {
  private static final int MAX_NAMES = 128;
  private static final int PRECISION = 9;
  private static final int LEAST = 10;
  private static final int LONGEST_EXAMPLE = 60;
  private static final long WORST_NANOS = 1_000_000_000;
  private static final Hasher64 HASH = Hashing.komihash5_0();

  private final Map<String, Values> names = new HashMap<>();
  private String worst = "";
  private long worstNanos;

  private static final class Values {
    private final UltraLogLog distinct = UltraLogLog.create(PRECISION);
    private String example = "";
  }

  void add(Labels labels) {
    for (int i = 0; i < labels.size(); i++) {
      var values = names.get(labels.name(i));
      if (values == null) {
        if (names.size() >= MAX_NAMES) {
          continue;
        }
        values = new Values();
        names.put(labels.name(i), values);
      }
      values.example = labels.value(i);
      values.distinct.add(HASH.hashCharsToLong(values.example));
    }
  }

  /** As the end of a sentence: the label with the most new values, how many and one of them; "" where none explodes. */
  String worst(long nowNanos) {
    if (!worst.isEmpty() && nowNanos - worstNanos < WORST_NANOS) {
      return worst;
    }
    worstNanos = nowNanos;
    double most = LEAST;
    for (var entry : names.entrySet()) {
      var values = entry.getValue();
      double count = values.distinct.getDistinctCountEstimate();
      if (count > most) {
        most = count;
        worst = "; label '" + entry.getKey() + "' explodes: about " + Math.round(count)
            + " values among the series that came since half of the limit was reached, such as '"
            + (values.example.length() > LONGEST_EXAMPLE
                ? values.example.substring(0, LONGEST_EXAMPLE) + "…"
                : values.example)
            + "'";
      }
    }
    return worst;
  }
}
