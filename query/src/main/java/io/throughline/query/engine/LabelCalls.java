package io.throughline.query.engine;

import com.google.re2j.Matcher;
import com.google.re2j.Pattern;
import com.google.re2j.PatternSyntaxException;
import io.throughline.model.Labels;
import io.throughline.query.promql.Expr.Call;
import io.throughline.query.promql.Function;
import io.throughline.query.promql.Strings;
import java.util.ArrayList;

/** label_replace and label_join: labels change, values do not. */
final class LabelCalls {

  private final Evaluator evaluator;

  LabelCalls(Evaluator evaluator) {
    this.evaluator = evaluator;
  }

  void stream(Call call, Sink sink) {
    var merging = new MergingSink(evaluator.context);
    if (call.function() == Function.LABEL_REPLACE) {
      replace(call, merging);
    } else {
      join(call, merging);
    }
    merging.flush(sink);
  }

  private void replace(Call call, Sink sink) {
    var arguments = call.arguments();
    var destination = evaluator.string(arguments.get(1));
    var replacement = evaluator.string(arguments.get(2));
    var source = evaluator.string(arguments.get(3));
    var expression = evaluator.string(arguments.get(4));
    if (destination.isEmpty()) {
      throw EvaluationFailure
          .of("invalid destination label name in label_replace(): " + destination);
    }
    Pattern pattern;
    try {
      pattern = Pattern.compile(expression, Pattern.DOTALL);
    } catch (PatternSyntaxException bad) {
      throw EvaluationFailure.of("invalid regular expression in label_replace(): "
          + Strings.quote(expression) + ": " + bad.getMessage());
    }
    evaluator.stream(arguments.getFirst(), column -> {
      var matcher = pattern.matcher(column.label(source));
      if (matcher.matches()) {
        setLabels(column,
            column.labels()
                .toBuilder()
                .set(destination, expand(replacement, pattern, matcher))
                .build(),
            destination);
      }
      return sink.accept(column);
    });
  }

  /** A name that is written anew stays; one that is to go still is. */
  private static void setLabels(SeriesColumn column, Labels labels, String written) {
    if (written.equals(Labels.NAME)) {
      column.setLabels(labels);
    } else {
      column.changeLabels(labels);
    }
  }

  /** {@code $1}, {@code ${1}}, {@code $name}, {@code ${name}} and {@code $$}; an unknown group is empty. */
  private static String expand(String template, Pattern pattern, Matcher matcher) {
    if (template.indexOf('$') < 0) {
      return template;
    }
    var text = new StringBuilder();
    int i = 0;
    while (i < template.length()) {
      char c = template.charAt(i);
      if (c != '$') {
        text.append(c);
        i++;
        continue;
      }
      if (i + 1 < template.length() && template.charAt(i + 1) == '$') {
        text.append('$');
        i += 2;
        continue;
      }
      boolean braces = i + 1 < template.length() && template.charAt(i + 1) == '{';
      int start = i + (braces ? 2 : 1);
      int end = start;
      while (end < template.length()
          && (Character.isLetterOrDigit(template.charAt(end)) || template.charAt(end) == '_')) {
        end++;
      }
      boolean closed = !braces || end < template.length() && template.charAt(end) == '}';
      if (end == start || !closed) {
        text.append('$');
        i++;
        continue;
      }
      var group = group(pattern, matcher, template.substring(start, end));
      text.append(group);
      i = end + (braces ? 1 : 0);
    }
    return text.toString();
  }

  private static String group(Pattern pattern, Matcher matcher, String name) {
    boolean number = name.chars().allMatch(c -> c >= '0' && c <= '9') && name.length() < 9;
    Integer index = number ? (Integer) Integer.parseInt(name) : pattern.namedGroups().get(name);
    if (index == null || index > matcher.groupCount()) {
      return "";
    }
    var group = matcher.group(index);
    return group == null ? "" : group;
  }

  private void join(Call call, Sink sink) {
    var arguments = call.arguments();
    var destination = evaluator.string(arguments.get(1));
    var separator = evaluator.string(arguments.get(2));
    var sources = new ArrayList<String>();
    for (int i = 3; i < arguments.size(); i++) {
      var source = evaluator.string(arguments.get(i));
      if (source.isEmpty()) {
        throw EvaluationFailure.of("invalid source label name in label_join(): " + source);
      }
      sources.add(source);
    }
    if (destination.isEmpty()) {
      throw EvaluationFailure.of("invalid destination label name in label_join(): " + destination);
    }
    evaluator.stream(arguments.getFirst(), column -> {
      var parts = new ArrayList<String>();
      for (var source : sources) {
        parts.add(column.label(source));
      }
      Labels changed = column.labels()
          .toBuilder()
          .set(destination, String.join(separator, parts))
          .build();
      setLabels(column, changed, destination);
      return sink.accept(column);
    });
  }
}
