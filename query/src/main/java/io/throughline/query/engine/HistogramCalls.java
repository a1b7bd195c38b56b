package io.throughline.query.engine;

import io.throughline.model.Labels;
import io.throughline.query.promql.Expr;
import io.throughline.query.promql.Expr.Call;
import io.throughline.query.promql.Function;
import io.throughline.query.promql.Numbers;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** histogram_…: native histograms series by series, classic ones by groups of buckets. */
final class HistogramCalls {

  private static final String BOUND = "le";

  private final Evaluator evaluator;
  private final Call call;
  private final Annotations annotations;
  private final NameRule names;
  private final String[] withoutBound;

  /** Classic buckets with the same labels but for {@code le}, and the native series of those labels. */
  private static final class Group {
    final List<SeriesColumn> buckets = new ArrayList<>();
    final List<Double> bounds = new ArrayList<>();
    final List<SeriesColumn> natives = new ArrayList<>();
    String metric = "";
  }

  HistogramCalls(Evaluator evaluator, Call call) {
    this.evaluator = evaluator;
    this.call = call;
    this.annotations = evaluator.context.annotations();
    this.names = evaluator.context.names();
    this.withoutBound = names.late() ? new String[] {BOUND} : names.with(List.of(BOUND));
  }

  void run(Sink sink) {
    var arguments = call.arguments();
    switch (call.function()) {
      case HISTOGRAM_QUANTILE -> {
        var q = evaluator.scalar(arguments.getFirst());
        checkQuantiles(q, arguments.getFirst());
        grouped(arguments.get(1),
            (group, k, classic, out) -> quantile(q[k], group, k, classic, out), sink, "", "");
      }
      case HISTOGRAM_QUANTILES -> {
        var label = evaluator.string(arguments.get(1));
        for (int i = 2; i < arguments.size(); i++) {
          var q = evaluator.scalar(arguments.get(i));
          checkQuantiles(q, arguments.get(i));
          for (double one : Arrays.stream(q).distinct().toArray()) {
            grouped(arguments.getFirst(), (group, k, classic, out) -> {
              if (Double.compare(q[k], one) == 0) {
                quantile(one, group, k, classic, out);
              }
            }, sink, label, labelValue(one));
          }
        }
      }
      case HISTOGRAM_FRACTION -> {
        var lower = evaluator.scalar(arguments.getFirst());
        var upper = evaluator.scalar(arguments.get(1));
        grouped(arguments.get(2),
            (group, k, classic,
                out) -> out.values[k] = fraction(lower[k], upper[k], group, k, classic),
            sink, "", "");
      }
      default -> simple(sink);
    }
  }

  /** As expositions write the label: always with a point, an exponent or a word. */
  private static String labelValue(double q) {
    var text = Numbers.format(q);
    return text.chars().allMatch(c -> c == '-' || c >= '0' && c <= '9') ? text + ".0" : text;
  }

  private void simple(Sink sink) {
    evaluator.withoutName(call.arguments().getFirst(), column -> {
      for (int k = 0; k < column.steps(); k++) {
        var histogram = column.histogram(k);
        column.values[k] = histogram == null ? SeriesColumn.ABSENT : figure(histogram);
      }
      column.histograms = null;
    }, sink);
  }

  private double figure(FloatHistogram h) {
    return switch (call.function()) {
      case HISTOGRAM_COUNT -> h.count;
      case HISTOGRAM_SUM -> h.sum;
      case HISTOGRAM_AVG -> h.sum / h.count;
      case HISTOGRAM_STDVAR -> HistogramMath.variance(h);
      case HISTOGRAM_STDDEV -> Math.sqrt(HistogramMath.variance(h));
      default ->
        throw new IllegalStateException(call.function() + " is not a figure of one histogram");
    };
  }

  private void checkQuantiles(double[] quantiles, Expr where) {
    for (double q : quantiles) {
      if (!(q >= 0 && q <= 1)) {
        annotations.warn(where.span(),
            "quantile value should be between 0 and 1, got " + Numbers.format(q));
        return;
      }
    }
  }

  /** Writes a group's value at one step. */
  private interface GroupValue {
    void at(Group group, int k, ClassicBuckets classic, SeriesColumn out);
  }

  private void grouped(Expr vector, GroupValue value, Sink sink, String label, String labelValue) {
    var groups = new LinkedHashMap<Labels, Group>();
    long[] held = {0};
    evaluator.stream(vector, column -> {
      gather(column, vector, groups);
      held[0] += column.bytes();
      evaluator.context.budget().hold(column.bytes());
      return true;
    });
    var merging = new MergingSink(evaluator.context);
    var classic = new ClassicBuckets();
    for (Map.Entry<Labels, Group> entry : groups.entrySet()) {
      var out = new SeriesColumn(evaluator.grid.count());
      var group = entry.getValue();
      for (int k = 0; k < out.steps(); k++) {
        value.at(group, k, classic, out);
      }
      out.setLabels(label.isEmpty()
          ? entry.getKey()
          : entry.getKey().toBuilder().set(label, labelValue).build());
      out.dropName(names);
      if (!out.isEmpty()) {
        merging.accept(out);
      }
    }
    merging.flush(sink);
    evaluator.context.budget().hold(-held[0]);
  }

  private void gather(SeriesColumn column, Expr vector, Map<Labels, Group> groups) {
    var labels = column.labels();
    var metric = labels.metricName();
    boolean floats = false;
    for (int k = 0; k < column.steps() && !floats; k++) {
      floats = column.hasFloat(k);
    }
    if (column.histograms != null) {
      var group = groups.computeIfAbsent(names.late() ? labels : names.without(labels),
          _ -> new Group());
      group.metric = metric;
      group.natives.add(column);
    }
    if (!floats) {
      return;
    }
    var text = labels.getOrEmpty(BOUND);
    var bound = bound(text);
    if (Double.isNaN(bound) && !text.equalsIgnoreCase("nan")) {
      annotations.warn(vector.span(),
          "bucket label \"le\" is missing or has a malformed value of \"" + text + "\" for "
              + Annotations.forMetric(metric));
      return;
    }
    var group = groups.computeIfAbsent(labels.without(withoutBound), _ -> new Group());
    group.metric = metric;
    group.buckets.add(column);
    group.bounds.add(bound);
  }

  private static double bound(String text) {
    if (text.isEmpty()) {
      return Double.NaN;
    }
    var word = text.charAt(0) == '+' || text.charAt(0) == '-' ? text.substring(1) : text;
    if (word.equalsIgnoreCase("inf") || word.equalsIgnoreCase("infinity")) {
      return text.charAt(0) == '-' ? Double.NEGATIVE_INFINITY : Double.POSITIVE_INFINITY;
    }
    char last = text.charAt(text.length() - 1);
    if (last != '.' && (last < '0' || last > '9')) {
      return Double.NaN;
    }
    try {
      return Double.parseDouble(text);
    } catch (NumberFormatException _) {
      return Double.NaN;
    }
  }

  private static void gatherBuckets(Group group, int k, ClassicBuckets classic) {
    classic.clear();
    for (int i = 0; i < group.buckets.size(); i++) {
      var column = group.buckets.get(i);
      if (column.hasFloat(k)) {
        classic.add(group.bounds.get(i), column.values[k]);
      }
    }
  }

  private static List<FloatHistogram> histogramsAt(Group group, int k) {
    var found = new ArrayList<FloatHistogram>(1);
    for (var column : group.natives) {
      var histogram = column.histogram(k);
      if (histogram != null) {
        found.add(histogram);
      }
    }
    return found;
  }

  private boolean conflicting(Group group, ClassicBuckets classic, List<FloatHistogram> natives) {
    if (!classic.isEmpty() && !natives.isEmpty()) {
      annotations.warn(call.span(), "vector contains a mix of classic and native histograms for "
          + Annotations.forMetric(group.metric));
      return true;
    }
    if (natives.size() > 1) {
      throw EvaluationFailure.of("vector cannot contain metrics with the same labelset");
    }
    return false;
  }

  private void quantile(double q, Group group, int k, ClassicBuckets classic, SeriesColumn out) {
    gatherBuckets(group, k, classic);
    var natives = histogramsAt(group, k);
    if (conflicting(group, classic, natives)) {
      return;
    }
    if (!natives.isEmpty()) {
      noteNaN(natives.getFirst(), group, "quantile");
      out.values[k] = HistogramMath.quantile(q, natives.getFirst());
    } else if (!classic.isEmpty()) {
      out.values[k] = classic.quantile(q);
      noteMonotonic(classic, group);
    }
  }

  private double fraction(double lower, double upper, Group group, int k, ClassicBuckets classic) {
    gatherBuckets(group, k, classic);
    var natives = histogramsAt(group, k);
    if (conflicting(group, classic, natives)) {
      return SeriesColumn.ABSENT;
    }
    if (!natives.isEmpty()) {
      noteNaN(natives.getFirst(), group, "fraction");
      return HistogramMath.fraction(lower, upper, natives.getFirst());
    }
    if (classic.isEmpty()) {
      return SeriesColumn.ABSENT;
    }
    double value = classic.fraction(lower, upper);
    noteMonotonic(classic, group);
    return value;
  }

  private void noteNaN(FloatHistogram h, Group group, String what) {
    if (Double.isNaN(h.sum) && h.count > 0) {
      annotations.inform(call.span(),
          "input to histogram_" + what + " has NaN observations, result is skewed "
              + (what.equals("quantile") ? "higher" : "lower") + " for "
              + Annotations.forMetric(group.metric));
    }
  }

  private void noteMonotonic(ClassicBuckets classic, Group group) {
    if (classic.forcedMonotonic) {
      annotations.inform(call.span(), "input to "
          + (call.function() == Function.HISTOGRAM_FRACTION
              ? "histogram_fraction"
              : "histogram_quantile")
          + " needed to be fixed for monotonicity (see https://prometheus.io/docs/prometheus/latest/querying/functions/#histogram_quantile) for "
          + Annotations.forMetric(group.metric));
    }
  }
}
