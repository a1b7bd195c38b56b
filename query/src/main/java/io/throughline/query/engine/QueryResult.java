package io.throughline.query.engine;

import io.throughline.model.Labels;
import io.throughline.query.promql.ValueType;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a query yields: of a vector, series of one point each; of a matrix, ascending by labels.
 *
 * @param text of a string result, else ""
 * @param samplesRead by all selectors together
 * @param stepSamples how many samples each step looked at, as Prometheus counts them; empty where nobody asked
 */
public record QueryResult(ValueType type, List<ResultSeries> series, String text,
    List<String> warnings, List<String> infos, long samplesRead, long[] stepSamples, int seriesRead,
    long peakBytes) {

  /**
   * One series of a result. Arrays are owned by the result; indexes from 0 to {@code size} are valid. {@code histograms}
   * is null where there are none; where an element is null, the point is a float.
   */
  public record ResultSeries(Labels labels, int size, long[] timesMs, double[] values,
      @Nullable FloatHistogram @Nullable [] histograms) {}
}
