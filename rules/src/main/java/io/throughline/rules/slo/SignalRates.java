package io.throughline.rules.slo;

import io.throughline.model.Matcher;
import io.throughline.query.catalogue.Catalogue;
import io.throughline.query.catalogue.Mapping;
import io.throughline.query.catalogue.Signal;
import io.throughline.query.promql.Numbers;
import io.throughline.query.promql.Strings;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * The expressions of an objective on a signal of the catalogue: what events there are, and which of them are bad, whatever
 * their source calls them. Of several sources the best ranked one that has events counts, alone, as in the view.
 *
 * <p>Only sources that name the service by {@code job} (with {@code namespace}) are known here; the others name it by templates that
 * have no inverse. Latency is cut from native histograms alone: exactly, which a classic bucket's bound is not.
 */
final class SignalRates {

  private final Signal signal;
  private final String service;
  private final List<Mapping> sources;

  private SignalRates(Signal signal, String service, List<Mapping> sources) {
    this.signal = signal;
    this.service = service;
    this.sources = sources;
  }

  /**
   * What can be asked of a signal of a service; null with the reason handed over where nothing can.
   *
   * @param source whose metrics count, or "" for all
   */
  static @Nullable SignalRates of(String name, String service, String source,
      Consumer<String> wrong) {
    var signal = Catalogue.builtIn().signal(name);
    if (signal == null) {
      wrong.accept("signal '" + name + "' is not in the catalogue, want one such as "
          + "http.server.request.duration");
      return null;
    }
    var sources = signal.sources()
        .stream()
        .filter(Mapping::ofTarget)
        .filter(mapping -> source.isEmpty() || mapping.source().equals(source))
        .toList();
    if (signal.kind() == Signal.Kind.GAUGE || sources.isEmpty()) {
      wrong.accept("signal '" + name + "' has no events to count"
          + (source.isEmpty() ? "" : " from source '" + source + "'")
          + ", want a histogram or a counter of a service");
      return null;
    }
    return new SignalRates(signal, service, sources);
  }

  /** Whether a threshold can cut it. */
  boolean isDistribution() {
    return signal.kind() == Signal.Kind.HISTOGRAM;
  }

  /** All events per second. */
  String total() {
    return first((source, form) -> {
      var all = new ArrayList<String>();
      suffixes().forEach(suffix -> all.add(count(source, form, suffix, List.of())));
      return all;
    });
  }

  /** Events per second that the catalogue calls errors; 0 where a source has events and no error yet. */
  String errors() {
    return first((source, form) -> {
      var all = new ArrayList<String>();
      suffixes().forEach(suffix -> all.add(errors(source, form, suffix)));
      return all;
    });
  }

  /** Of errors that several conditions name each is counted once: those of the second that are not the first's, and so on. */
  private String errors(Mapping source, List<Matcher> form, String suffix) {
    var none = count(source, form, suffix, List.of()) + " * 0";
    var parts = new ArrayList<String>();
    var before = new ArrayList<Matcher>();
    for (var error : source.errors()) {
      var matchers = new ArrayList<>(before);
      matchers.add(error.matcher());
      parts.add("(" + count(source, form, suffix, matchers) + " or " + none + ")");
      before.add(negated(error.matcher()));
    }
    return parts.isEmpty() ? none : "(" + String.join(" + ", parts) + ")";
  }

  private static Matcher negated(Matcher matcher) {
    return new Matcher(switch (matcher.operator()) {
      case EQUAL -> Matcher.Operator.NOT_EQUAL;
      case NOT_EQUAL -> Matcher.Operator.EQUAL;
      case REGEX -> Matcher.Operator.NOT_REGEX;
      case NOT_REGEX -> Matcher.Operator.REGEX;
    }, matcher.label(), matcher.value());
  }

  /** Events per second of native histograms, which a threshold can cut. */
  String distribution() {
    return first((source, form) -> List.of(count(source, form, "", List.of())));
  }

  /** Events per second on the wrong side of a threshold in the signal's unit. */
  String beyond(double threshold, boolean slowIsBad) {
    return first((source, form) -> {
      var below = "histogram_fraction(-Inf, " + Numbers.format(threshold / source.scale()) + ", "
          + rates(source, form, "", List.of()) + ")";
      return List.of(
          (slowIsBad ? "(1 - " + below + ")" : below) + " * " + count(source, form, "", List.of()));
    });
  }

  private interface Rates {
    List<String> of(Mapping source, List<Matcher> form);
  }

  /** Joined by "or": the first that has events counts. The order is the same in every expression of a signal. */
  private String first(Rates rates) {
    var all = new ArrayList<String>();
    for (var source : sources) {
      for (var form : forms()) {
        all.addAll(rates.of(source, form));
      }
    }
    return String.join(" or ", all);
  }

  /** Service {@code shop/checkout} is a job of that name, or job {@code checkout} in namespace {@code shop}. */
  private List<List<Matcher>> forms() {
    int slash = service.indexOf('/');
    var own = List.of(Matcher.equal("job", service));
    return slash < 0
        ? List.of(List.of(Matcher.equal("job", service), Matcher.equal("namespace", "")))
        : List.of(own, List.of(Matcher.equal("job", service.substring(slash + 1)),
            Matcher.equal("namespace", service.substring(0, slash))));
  }

  /** A histogram's events are counted by its native samples, or by its series of counts. */
  private List<String> suffixes() {
    return isDistribution() ? List.of("", "_count") : List.of("");
  }

  private String count(Mapping source, List<Matcher> form, String suffix, List<Matcher> more) {
    var rates = rates(source, form, suffix, more);
    return isDistribution() && suffix.isEmpty() ? "histogram_count(" + rates + ")" : rates;
  }

  private static String rates(Mapping source, List<Matcher> form, String suffix,
      List<Matcher> more) {
    var matchers = new ArrayList<>(form);
    source.conditions().forEach(condition -> matchers.add(condition.matcher()));
    matchers.addAll(more);
    return "sum(rate(" + source.metric() + suffix
        + matchers.stream()
            .map(matcher -> matcher.label() + matcher.operator().symbol()
                + Strings.quote(matcher.value()))
            .collect(Collectors.joining(",", "{", "}"))
        + "[" + Slo.WINDOW + "]))";
  }
}
