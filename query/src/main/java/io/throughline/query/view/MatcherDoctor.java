package io.throughline.query.view;

import io.throughline.model.Labels;
import io.throughline.model.Matcher;
import io.throughline.model.Tenant;
import io.throughline.query.Similarity;
import io.throughline.query.promql.DurationExpr;
import io.throughline.query.promql.Expr;
import io.throughline.query.promql.Expr.Aggregate;
import io.throughline.query.promql.Expr.Binary;
import io.throughline.query.promql.Expr.Call;
import io.throughline.query.promql.Expr.Edges;
import io.throughline.query.promql.Expr.MatrixSelector;
import io.throughline.query.promql.Expr.NumberLiteral;
import io.throughline.query.promql.Expr.Paren;
import io.throughline.query.promql.Expr.StringLiteral;
import io.throughline.query.promql.Expr.Subquery;
import io.throughline.query.promql.Expr.Unary;
import io.throughline.query.promql.Expr.VectorSelector;
import io.throughline.query.promql.Expr.When;
import io.throughline.query.promql.Parser;
import io.throughline.query.promql.Printer;
import io.throughline.store.Snapshot;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;

/**
 * Says why an expression finds nothing: which of its selectors, which matcher of that, what is stored instead,
 * and the expression as it would find something.
 *
 * <p>Told by label sets alone, no sample is read: that a selector finds series in a span means that they may have
 * samples there. A proposal is made where a stored value is nearly the one asked for, or where another label of the
 * same series holds it.
 */
final class MatcherDoctor {
  private static final int MOST_SELECTORS = 8;
  private static final int MOST_EXAMPLES = 8;
  private static final int MOST_PROPOSALS = 3;

  /** Labels that are asked whether they hold what another was expected to. */
  private static final int MOST_LABELS = 60;

  /** From here on, of 1, a stored value may be the one that was meant. */
  private static final double ALIKE = 0.9;

  private static final long LOOKBACK_MS = 300_000;

  /** Where a selector's series are. */
  enum Found {
    /** Some may have samples where the expression looks. */
    HERE("here"),
    /** There are some, at other times alone. */
    AT_ANOTHER_TIME("at another time"),
    /** No series matches, at any time. */
    NEVER("never");

    private final String word;

    Found(String word) {
      this.word = word;
    }

    String word() {
      return word;
    }
  }

  /**
   * @param failed the matchers that let nothing through; empty where something was found
   * @param proposals whole expressions in which this selector finds something
   */
  record Selector(String text, Found found, List<Failed> failed, List<String> proposals) {}

  /**
   * A matcher that lets nothing through.
   *
   * @param beside the selector's other matchers, where each alone finds something and together they do not; empty where
   *     the matcher finds nothing even alone
   * @param count how many values its label has on the series that the other matchers find
   * @param values the most alike of them
   * @param labels where these series lack the label: the labels they have
   * @param better matchers that may have been meant, the likeliest first
   */
  record Failed(Matcher matcher, List<Matcher> beside, int count, List<String> values,
      List<String> labels, List<Matcher> better) {}

  /** A selector as it stands in the text, and the times it looks at. */
  private record Look(VectorSelector selector, long fromMs, long toMs) {}

  private final Snapshot snapshot;
  private final Tenant tenant;
  private final String query;

  private MatcherDoctor(Snapshot snapshot, Tenant tenant, String query) {
    this.snapshot = snapshot;
    this.tenant = tenant;
    this.query = query;
  }

  /**
   * Examines each selector of an expression, at most {@value #MOST_SELECTORS}.
   *
   * @throws io.throughline.query.promql.ParseFailure where it is not PromQL
   */
  static List<Selector> examine(Snapshot snapshot, Tenant tenant, String query, long startMs,
      long endMs) {
    var looks = new ArrayList<Look>();
    looks(Parser.parse(query), startMs, endMs, endMs - startMs, looks);
    var doctor = new MatcherDoctor(snapshot, tenant, query);
    return looks.stream().limit(MOST_SELECTORS).map(doctor::examine).toList();
  }

  private static void looks(Expr expr, long fromMs, long toMs, long spanMs, List<Look> into) {
    switch (expr) {
      case NumberLiteral _,StringLiteral _ -> {
      }
      case VectorSelector selector ->
        into.add(look(selector, fromMs - LOOKBACK_MS, toMs, selector.when(), spanMs));
      case MatrixSelector(VectorSelector(var name, var matchers, var when, _, var span), var range, _) ->
        // Its range, and when it looks, stand behind what its span covers.
        into.add(look(new VectorSelector(name, matchers, When.NOW, Edges.PLAIN, span),
            fromMs - millis(range, spanMs), toMs, when, spanMs));
      case Subquery(var inner, var range, _, var when, _) -> {
        long back = millis(when.offset(), spanMs);
        boolean fixed = when.at() != null;
        looks(inner, fixed ? Long.MIN_VALUE / 2 : fromMs - millis(range, spanMs) - back,
            fixed ? Long.MAX_VALUE / 2 : toMs - back, spanMs, into);
      }
      case Call call -> call.arguments().forEach(each -> looks(each, fromMs, toMs, spanMs, into));
      case Aggregate aggregate -> {
        if (aggregate.parameter() != null) {
          looks(aggregate.parameter(), fromMs, toMs, spanMs, into);
        }
        looks(aggregate.inner(), fromMs, toMs, spanMs, into);
      }
      case Binary binary -> {
        looks(binary.left(), fromMs, toMs, spanMs, into);
        looks(binary.right(), fromMs, toMs, spanMs, into);
      }
      case Unary unary -> looks(unary.inner(), fromMs, toMs, spanMs, into);
      case Paren paren -> looks(paren.inner(), fromMs, toMs, spanMs, into);
    }
  }

  /** One that looks at a fixed moment is taken to look at all times. */
  private static Look look(VectorSelector selector, long fromMs, long toMs, When when,
      long spanMs) {
    long back = millis(when.offset(), spanMs);
    return when.at() == null
        ? new Look(selector, fromMs - back, toMs - back)
        : new Look(selector, Long.MIN_VALUE, Long.MAX_VALUE);
  }

  private static long millis(DurationExpr duration, long spanMs) {
    return (long) (1000 * DurationExpr.seconds(duration, 0, spanMs / 1000.0));
  }

  private Selector examine(Look look) {
    var selector = look.selector();
    var text = query.substring(selector.span().start(), selector.span().end());
    var matchers = selector.matchers();
    if (exists(matchers, look.fromMs(), look.toMs())) {
      return new Selector(text, Found.HERE, List.of(), List.of());
    }
    if (exists(matchers)) {
      return new Selector(text, Found.AT_ANOTHER_TIME, List.of(), List.of());
    }
    var alone = new ArrayList<Matcher>();
    for (var matcher : matchers) {
      if (!exists(List.of(matcher))) {
        alone.add(matcher);
      }
    }
    var failed = alone.isEmpty() ? besideOthers(matchers) : alone(matchers, alone);
    return new Selector(text, Found.NEVER, failed, proposals(selector, failed));
  }

  /** Matchers that find nothing at all; what is stored instead is looked for beside the name that was meant. */
  private List<Failed> alone(List<Matcher> matchers, List<Matcher> alone) {
    var rest = without(matchers, alone);
    if (!exists(rest)) {
      rest = List.of();
    }
    var failed = new ArrayList<Failed>();
    var nameFirst = new ArrayList<>(alone);
    nameFirst.sort(Comparator.comparing(each -> !each.label().equals(Labels.NAME)));
    for (var matcher : nameFirst) {
      var found = failed(matcher, rest, List.of());
      failed.add(found);
      if (matcher.label().equals(Labels.NAME) && !found.better().isEmpty()) {
        rest = with(rest, found.better().getFirst());
      }
    }
    return failed;
  }

  /** Each matcher alone finds something: those without which the others find something together. */
  private List<Failed> besideOthers(List<Matcher> matchers) {
    var failed = new ArrayList<Failed>();
    for (var matcher : matchers) {
      var others = without(matchers, List.of(matcher));
      if (exists(others)) {
        failed.add(failed(matcher, others, others));
      }
    }
    if (failed.isEmpty()) {
      // No single one is to blame: the first that leaves nothing of those before it, the name's before all.
      var before = new ArrayList<Matcher>();
      var inOrder = new ArrayList<>(matchers);
      inOrder.sort(Comparator.comparing(each -> !each.label().equals(Labels.NAME)));
      for (var matcher : inOrder) {
        var more = new ArrayList<>(before);
        more.add(matcher);
        if (!exists(more)) {
          failed.add(failed(matcher, before, before));
          break;
        }
        before = more;
      }
    }
    return failed;
  }

  private static List<Matcher> without(List<Matcher> matchers, List<Matcher> left) {
    return matchers.stream().filter(each -> !left.contains(each)).toList();
  }

  private boolean exists(List<Matcher> matchers) {
    return exists(matchers, Long.MIN_VALUE, Long.MAX_VALUE);
  }

  private boolean exists(List<Matcher> matchers, long fromMs, long toMs) {
    return !snapshot.labelValues(tenant, Labels.NAME, matchers, fromMs, toMs).isEmpty();
  }

  private List<String> values(String label, List<Matcher> matchers) {
    return snapshot.labelValues(tenant, label, matchers, Long.MIN_VALUE, Long.MAX_VALUE)
        .stream()
        .filter(value -> !value.isEmpty())
        .toList();
  }

  /** @param rest matchers that find something, whose series show what is stored instead */
  private Failed failed(Matcher matcher, List<Matcher> rest, List<Matcher> beside) {
    var values = values(matcher.label(), rest);
    boolean equal = matcher.operator() == Matcher.Operator.EQUAL;
    var wanted = matcher.label().equals(Labels.NAME)
        ? matcher.value().replace('.', '_')
        : matcher.value();
    var alike = new HashMap<String, Double>();
    values.forEach(value -> alike.put(value, Similarity.of(wanted, value)));
    var nearest = values.stream()
        .sorted(Comparator
            .<String>comparingDouble(value -> equal ? -alike.getOrDefault(value, 0.0) : 0))
        .limit(MOST_EXAMPLES)
        .toList();
    var better = new ArrayList<Matcher>();
    if (equal) {
      nearest.stream()
          .filter(value -> alike.getOrDefault(value, 0.0) >= ALIKE)
          .map(value -> Matcher.equal(matcher.label(), value))
          .forEach(better::add);
    }
    var labels = List.<String>of();
    if (values.isEmpty() && !rest.isEmpty()) {
      labels = snapshot.labelNames(tenant, rest, Long.MIN_VALUE, Long.MAX_VALUE)
          .stream()
          .filter(label -> !label.equals(Labels.NAME))
          .limit(MOST_LABELS)
          .toList();
      for (var label : labels) {
        var holds = Matcher.equal(label, matcher.value());
        if (equal && exists(with(rest, holds))) {
          better.add(holds);
        }
      }
    }
    return new Failed(matcher, beside, values.size(), nearest, labels,
        better.subList(0, Math.min(MOST_PROPOSALS, better.size())));
  }

  private static List<Matcher> with(List<Matcher> matchers, Matcher one) {
    var more = new ArrayList<>(matchers);
    more.add(one);
    return more;
  }

  /** The expression with the matchers that failed replaced by those that may have been meant, where it then finds something. */
  private List<String> proposals(VectorSelector selector, List<Failed> failed) {
    var tried = List.of(selector.matchers());
    for (var each : failed) {
      var more = new ArrayList<List<Matcher>>();
      for (var matchers : tried) {
        // Of matchers that fail beside each other alone, one is replaced at a time.
        if (!each.beside().isEmpty()) {
          more.add(matchers);
        }
        each.better()
            .forEach(better -> more.add(
                matchers.stream().map(one -> one.equals(each.matcher()) ? better : one).toList()));
      }
      tried = more;
    }
    return tried.stream()
        .filter(this::exists)
        .limit(MOST_PROPOSALS)
        .map(matchers -> with(selector, matchers))
        .toList();
  }

  private String with(VectorSelector selector, List<Matcher> matchers) {
    var name = selector.name().isEmpty() ? "" : matchers.getLast().value();
    var span = selector.span();
    return query.substring(0, span.start())
        + Printer.print(new VectorSelector(name, matchers, selector.when(), selector.edges(), span))
        + query.substring(span.end());
  }
}
