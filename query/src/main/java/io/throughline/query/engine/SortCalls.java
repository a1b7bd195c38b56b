package io.throughline.query.engine;

import io.throughline.query.promql.Expr.Call;
import io.throughline.query.promql.Function;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/** sort, sort_desc and their kin by label: they order an instant query's result and warn in a range query. */
final class SortCalls {

  private final Evaluator evaluator;

  SortCalls(Evaluator evaluator) {
    this.evaluator = evaluator;
  }

  void stream(Call call, Sink sink) {
    var function = call.function();
    var inner = call.arguments().getFirst();
    if (evaluator.context.outer().count() > 1) {
      evaluator.context.annotations()
          .warn(call.span(), function.symbol()
              + " is ineffective for range queries since results are always ordered by labels");
      evaluator.stream(inner, column -> {
        dropHistograms(function, column);
        return !column.isEmpty() && sink.accept(column);
      });
      return;
    }
    var columns = new ArrayList<SeriesColumn>();
    evaluator.stream(inner, column -> {
      dropHistograms(function, column);
      return !column.isEmpty() && columns.add(column);
    });
    boolean descending = function == Function.SORT_DESC || function == Function.SORT_BY_LABEL_DESC;
    if (function == Function.SORT || function == Function.SORT_DESC) {
      columns.sort((a, b) -> byValue(a.values[0], b.values[0], descending));
    } else {
      var names = new ArrayList<String>();
      for (int i = 1; i < call.arguments().size(); i++) {
        names.add(evaluator.string(call.arguments().get(i)));
      }
      var order = byLabels(names);
      columns.sort(descending ? order.reversed() : order);
    }
    columns.forEach(sink::accept);
  }

  private static void dropHistograms(Function function, SeriesColumn column) {
    if (function == Function.SORT || function == Function.SORT_DESC) {
      column.histograms = null;
    }
  }

  /** NaN comes last either way. */
  static int byValue(double a, double b, boolean descending) {
    if (Double.isNaN(a) || Double.isNaN(b)) {
      return Boolean.compare(Double.isNaN(a), Double.isNaN(b));
    }
    int order = a < b ? -1 : a > b ? 1 : 0;
    return descending ? -order : order;
  }

  private static Comparator<SeriesColumn> byLabels(List<String> names) {
    return (a, b) -> {
      for (var name : names) {
        int order = natural(a.label(name), b.label(name));
        if (order != 0) {
          return order;
        }
      }
      return a.labels().compareTo(b.labels());
    };
  }

  /** Runs of digits compare as numbers. */
  static int natural(String a, String b) {
    int i = 0;
    int j = 0;
    while (i < a.length() && j < b.length()) {
      if (digit(a, i) && digit(b, j)) {
        int endA = digitsEnd(a, i);
        int endB = digitsEnd(b, j);
        var left = stripZeros(a, i, endA);
        var right = stripZeros(b, j, endB);
        int order = left.length() != right.length()
            ? Integer.compare(left.length(), right.length())
            : left.compareTo(right);
        if (order != 0) {
          return order;
        }
        i = endA;
        j = endB;
      } else if (a.charAt(i) != b.charAt(j)) {
        return Character.compare(a.charAt(i), b.charAt(j));
      } else {
        i++;
        j++;
      }
    }
    return Integer.compare(a.length() - i, b.length() - j);
  }

  private static boolean digit(String text, int at) {
    return text.charAt(at) >= '0' && text.charAt(at) <= '9';
  }

  private static int digitsEnd(String text, int from) {
    int end = from;
    while (end < text.length() && digit(text, end)) {
      end++;
    }
    return end;
  }

  private static String stripZeros(String text, int from, int to) {
    int start = from;
    while (start < to - 1 && text.charAt(start) == '0') {
      start++;
    }
    return text.substring(start, to);
  }
}
