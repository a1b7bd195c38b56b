package io.throughline.query.engine;

import io.throughline.model.Labels;
import io.throughline.query.promql.Expr.Aggregate;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The groups of one aggregation, in the order in which they were first met, with what each has gathered. */
final class Groups {

  private final QueryContext context;
  private final Aggregate aggregate;
  private final int steps;
  private final List<String> grouping;
  private final String[] without;
  private final Map<Object, Group> groups = new LinkedHashMap<>();

  /** One group: its labels, and either running totals or its columns. */
  static final class Group {
    final Labels labels;
    final Totals totals;
    final List<SeriesColumn> columns = new ArrayList<>();
    /** Where the name is a grouping label: whether it is to go at the end of the query. */
    private @Nullable NameRule nameGoes;

    Group(Labels labels, Totals totals) {
      this.labels = labels;
      this.totals = totals;
    }

    /** Gives a column the group's labels. */
    void name(SeriesColumn out) {
      out.setLabels(labels);
      if (nameGoes != null) {
        out.dropName(nameGoes);
      }
    }
  }

  /** The values of the grouping labels; an array so that nothing is built twice. */
  private record Key(String[] values) {
    @Override
    public boolean equals(@Nullable Object other) {
      return other instanceof Key key && Arrays.equals(values, key.values);
    }

    @Override
    public int hashCode() {
      return Arrays.hashCode(values);
    }
  }

  Groups(QueryContext context, Aggregate aggregate, int steps) {
    this.context = context;
    this.aggregate = aggregate;
    this.steps = steps;
    this.grouping = aggregate.grouping();
    this.without = context.names().with(aggregate.grouping());
  }

  Collection<Group> all() {
    return groups.values();
  }

  Group of(SeriesColumn column) {
    var group = find(column);
    if (column.nameGoesLate()) {
      group.nameGoes = context.names();
    }
    return group;
  }

  private Group find(SeriesColumn column) {
    if (aggregate.without()) {
      var labels = labelsWithout(column.labels());
      return groups.computeIfAbsent(labels, _ -> group(labels));
    }
    var values = new String[grouping.size()];
    for (int i = 0; i < values.length; i++) {
      values[i] = column.label(grouping.get(i));
    }
    var key = new Key(values);
    var known = groups.get(key);
    if (known == null) {
      var builder = new Labels.Builder();
      for (int i = 0; i < values.length; i++) {
        builder.set(grouping.get(i), values[i]);
      }
      known = group(builder.build());
      groups.put(key, known);
    }
    return known;
  }

  Labels labelsWithout(Labels labels) {
    return labels.without(without);
  }

  /** Whether {@link #labelsWithout} takes a label. */
  boolean takes(String label) {
    return Arrays.asList(without).contains(label);
  }

  private Group group(Labels labels) {
    boolean running = runs();
    if (running) {
      context.budget().hold(bytes());
    }
    return new Group(labels, new Totals(aggregate.operation(), running ? steps : 0,
        context.annotations(), aggregate.inner().span()));
  }

  /** Whether groups hold totals; else they hold columns. */
  private boolean runs() {
    return switch (aggregate.operation()) {
      case SUM, AVG, MIN, MAX, COUNT, GROUP, STDDEV, STDVAR -> true;
      case QUANTILE, COUNT_VALUES, TOPK, BOTTOMK, LIMITK, LIMIT_RATIO -> false;
    };
  }

  /** What a group's totals hold. */
  long bytes() {
    return 32L * steps;
  }

  /** Adds the totals of other groups, of which nothing is left to use. */
  void merge(Groups later) {
    later.groups.forEach((key, group) -> {
      var mine = groups.putIfAbsent(key, group);
      if (mine != null) {
        mine.totals.merge(group.totals);
        mine.nameGoes = mine.nameGoes == null ? group.nameGoes : mine.nameGoes;
        context.budget().hold(-bytes());
      }
    });
  }
}
