package io.throughline.rules.slo;

import io.throughline.model.yaml.Problem;
import io.throughline.model.yaml.YamlDocument;
import io.throughline.model.yaml.YamlValue;
import java.math.BigDecimal;
import java.nio.file.Path;
import java.time.DateTimeException;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.ZoneId;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Reads OpenSLO v1, strictly. Objects stand in documents of their own or in a list.
 *
 * <pre>
 * apiVersion: openslo/v1
 * kind: SLO
 * metadata: {name: checkout-latency}
 * spec:
 *   service: shop/checkout
 *   indicator:                       # or indicatorRef: an SLI of the same file
 *     metadata: {name: fast}
 *     spec:
 *       thresholdMetric:             # or ratioMetric with good or bad, and total
 *         metricSource:
 *           type: Prometheus
 *           spec: {query: 'http_server_request_duration_seconds{job="shop/checkout"}'}
 *   timeWindow: [{duration: 30d, isRolling: true}]
 *   budgetingMethod: Occurrences
 *   objectives: [{target: 0.99, op: lte, value: 0.3}]
 * </pre>
 *
 * A query of a {@code ratioMetric} is a counter's selector, {@code sum(selector)}, or any expression that holds {@code
 * {{.window}}} where a range belongs. That of a {@code thresholdMetric} selects a native histogram, which is cut exactly at
 * the objective's {@code value}. Instead of a query a {@code metricSource} of {@code type: Throughline} names a signal of the
 * catalogue: {@code spec: {signal: http.server.request.duration, events: errors}}, with {@code service} where it is not the SLO's.
 */
public final class SloFiles {

  /** A file larger than this is not read. */
  private static final long MOST_BYTES = 4L << 20;

  private static final Set<String> KINDS = Set.of("SLO", "SLI", "Service", "DataSource",
      "AlertPolicy", "AlertCondition", "AlertNotificationTarget");
  private static final Set<String> OBJECT = Set.of("apiVersion", "kind", "metadata", "spec");
  private static final Set<String> METADATA = Set.of("name", "displayName", "labels",
      "annotations");
  private static final Set<String> SLO = Set.of("description", "service", "indicator",
      "indicatorRef", "timeWindow", "budgetingMethod", "objectives", "alertPolicies");
  private static final Set<String> SERVICE = Set.of("description");
  private static final Set<String> INDICATOR = Set.of("metadata", "spec");
  private static final Set<String> WINDOW = Set.of("duration", "isRolling", "calendar");
  private static final Set<String> OBJECTIVE = Set.of("displayName", "op", "value", "target",
      "targetPercent", "timeSliceTarget", "timeSliceWindow", "compositeWeight", "indicator",
      "indicatorRef");
  private static final Set<String> CALENDAR = Set.of("startTime", "timeZone");
  private static final long DAY_MS = 24 * 3_600_000L;
  private static final Pattern NAME = Pattern.compile("[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?");
  private static final Pattern DURATION = Pattern.compile("([1-9][0-9]{0,4})([mhdwMQY])");

  private final YamlDocument document;
  private final Map<String, YamlValue> indicators = new HashMap<>();
  private final List<Slo> slos = new ArrayList<>();

  /** What a file holds, or what is wrong with it: one of the lists is empty. */
  public record Read(List<Slo> slos, List<Problem> problems) {}

  private SloFiles(YamlDocument document) {
    this.document = document;
  }

  /** Reads a file; one that cannot be read is a problem too. */
  public static Read read(Path file) {
    return read(YamlDocument.all(file, MOST_BYTES));
  }

  /** Reads a file's text. */
  public static Read parse(String file, String text) {
    return read(YamlDocument.all(file, text));
  }

  private static Read read(YamlDocument document) {
    var reader = new SloFiles(document);
    var objects = new ArrayList<YamlValue>();
    for (var root : document.roots()) {
      if (root.isList()) {
        objects.addAll(root.items("objects"));
      } else if (!root.isNothing()) {
        objects.add(root);
      }
    }
    objects.forEach(reader::collect);
    objects.forEach(reader::object);
    return document.problems().isEmpty()
        ? new Read(reader.slos, List.of())
        : new Read(List.of(), List.copyOf(document.problems()));
  }

  /** Indicators first: an SLO may name one that stands after it. */
  private void collect(YamlValue object) {
    if (!object.isMapping()) {
      return;
    }
    var fields = object.entries("an OpenSLO object");
    if (text(fields, "kind").equals("SLI")) {
      var metadata = fields.get("metadata");
      var spec = fields.get("spec");
      if (metadata != null && spec != null) {
        indicators.put(text(metadata.entries("metadata"), "name"), spec);
      }
    }
  }

  private void object(YamlValue object) {
    int before = document.problems().size();
    var fields = object.fields("an OpenSLO object", OBJECT);
    var version = text(fields, "apiVersion");
    var kind = text(fields, "kind");
    if (!version.equals("openslo/v1")) {
      object.wrong("apiVersion is '" + version + "', want openslo/v1");
      return;
    }
    if (!KINDS.contains(kind)) {
      object.wrong("kind is '" + kind + "', want one of "
          + String.join(", ", KINDS.stream().sorted().toList()));
      return;
    }
    var name = name(object, fields.get("metadata"));
    var spec = fields.get("spec");
    if (spec == null) {
      object.wrong(kind + " " + name + " has no spec");
      return;
    }
    switch (kind) {
      case "SLO" -> {
        if (document.problems().size() == before) {
          slo(object, name, fields, spec);
        }
      }
      case "SLI" -> SloIndicators.check(spec);
      case "Service" -> spec.fields("a service", SERVICE);
      // Who is told, and how, is Alertmanager's to say; these are read so that a shared file is accepted.
      default -> spec.entries(kind);
    }
  }

  private static String name(YamlValue object, @Nullable YamlValue metadata) {
    if (metadata == null) {
      object.wrong("metadata is missing");
      return "";
    }
    var name = text(metadata.fields("metadata", METADATA), "name");
    if (!NAME.matcher(name).matches()) {
      metadata.wrong(
          "metadata.name is '" + name + "', want up to 63 of a-z, 0-9 and -, not at the ends");
    }
    return name;
  }

  private void slo(YamlValue object, String name, Map<String, YamlValue> head, YamlValue value) {
    var fields = value.fields("an SLO", SLO);
    var service = text(fields, "service");
    if (service.isEmpty()) {
      value.wrong("service is missing");
    }
    var method = method(value, text(fields, "budgetingMethod"));
    var window = window(value, fields.get("timeWindow"));
    var spec = indicatorOf(value, fields);
    if (spec == null) {
      return;
    }
    var objectives = fields.get("objectives");
    var list = objectives == null ? List.<YamlValue>of() : objectives.items("objectives");
    if (list.isEmpty()) {
      value.wrong("objectives is missing or empty");
    }
    var metadata = head.get("metadata");
    var display = metadata == null ? "" : text(metadata.entries("metadata"), "displayName");
    for (int i = 0; i < list.size(); i++) {
      var objective = list.get(i).fields("an objective", OBJECTIVE);
      double target = target(list.get(i), objective);
      long sliceMs = sliceMs(list.get(i), objective, method);
      double sliceBudget = sliceBudget(list.get(i), objective, method);
      var rates = SloIndicators.rates(spec, list.get(i), objective, service);
      if (rates != null) {
        slos.add(
            new Slo(document.file(), object.line(), list.size() == 1 ? name : name + "-" + (i + 1),
                display.isEmpty() ? name : display, service, text(fields, "description"), target,
                window.lengthMs, rates.threshold(), rates.bad(), rates.total(), method, sliceMs,
                sliceBudget, window.calendar, rates.longWay()));
      }
    }
  }

  private static Slo.Method method(YamlValue slo, String word) {
    for (var method : Slo.Method.values()) {
      if (method.word().equals(word)) {
        return method;
      }
    }
    slo.wrong("budgetingMethod is '" + word + "', want Occurrences, Timeslices or RatioTimeslices");
    return Slo.Method.OCCURRENCES;
  }

  /** How long a slice is; 0 where events are counted. */
  private static long sliceMs(YamlValue objective, Map<String, YamlValue> fields,
      Slo.Method method) {
    var window = fields.get("timeSliceWindow");
    if (method == Slo.Method.OCCURRENCES) {
      if (window != null) {
        window.wrong("'timeSliceWindow' is for budgetingMethod Timeslices and RatioTimeslices");
      }
      return 0;
    }
    var text = text(fields, "timeSliceWindow");
    var match = DURATION.matcher(text);
    long sliceMs = match.matches()
        ? Long.parseLong(match.group(1))
            * (match.group(2).equals("m") ? 60_000L : match.group(2).equals("h") ? 3_600_000L : 0)
        : 0;
    if (sliceMs < 60_000 || sliceMs > 3_600_000) {
      objective.wrong("timeSliceWindow is '" + text + "', want 1m to 1h");
      return 60_000;
    }
    return sliceMs;
  }

  /** The share of a slice's events that may be bad. */
  private static double sliceBudget(YamlValue objective, Map<String, YamlValue> fields,
      Slo.Method method) {
    var target = fields.get("timeSliceTarget");
    if (method != Slo.Method.TIMESLICES) {
      if (target != null) {
        target.wrong("'timeSliceTarget' is for budgetingMethod Timeslices");
      }
      return 0;
    }
    double good = target == null ? Double.NaN : target.number("timeSliceTarget");
    if (!(good > 0 && good <= 1)) {
      objective.wrong("want timeSliceTarget above 0 and at most 1");
      return 0;
    }
    return BigDecimal.ONE.subtract(BigDecimal.valueOf(good)).doubleValue();
  }

  private @Nullable YamlValue indicatorOf(YamlValue slo, Map<String, YamlValue> fields) {
    var inline = fields.get("indicator");
    var ref = text(fields, "indicatorRef");
    if ((inline == null) == ref.isEmpty()) {
      slo.wrong("want one of indicator and indicatorRef");
      return null;
    }
    if (inline != null) {
      var spec = inline.fields("an indicator", INDICATOR).get("spec");
      if (spec == null) {
        inline.wrong("an indicator wants a spec");
      }
      return spec;
    }
    var found = indicators.get(ref);
    if (found == null) {
      fields.getOrDefault("indicatorRef", slo).wrong("there is no SLI '" + ref + "' in this file");
    }
    return found;
  }

  private record Window(long lengthMs, @Nullable Calendar calendar) {}

  private static Window window(YamlValue slo, @Nullable YamlValue value) {
    var windows = value == null ? List.<YamlValue>of() : value.items("timeWindow");
    if (windows.size() != 1) {
      slo.wrong("want timeWindow as a list of one window");
      return new Window(DAY_MS, null);
    }
    var window = windows.getFirst();
    var fields = window.fields("a time window", WINDOW);
    var text = text(fields, "duration");
    var match = DURATION.matcher(text);
    if (!match.matches()) {
      window.wrong("duration is '" + text + "', want one such as 28d or 4w");
      return new Window(DAY_MS, null);
    }
    int count = Integer.parseInt(match.group(1));
    var rolling = fields.get("isRolling");
    var calendar = fields.get("calendar");
    if (rolling != null && rolling.truth("isRolling")) {
      if (calendar != null) {
        calendar.wrong("a rolling window has no calendar");
      }
      long windowMs = count * longestMs(match.group(2));
      if (windowMs < DAY_MS || windowMs > 366 * DAY_MS) {
        window.wrong("duration is '" + text + "', want one day to one year");
      }
      return new Window(windowMs, null);
    }
    if (calendar == null) {
      window.wrong("want isRolling: true, or a calendar");
      return new Window(DAY_MS, null);
    }
    return calendarWindow(window, text, count, match.group(2), calendar);
  }

  /** Of a rolling window; a month counts as 30 days, a quarter as 90. */
  private static long longestMs(String unit) {
    return switch (unit) {
      case "h" -> DAY_MS / 24;
      case "d" -> DAY_MS;
      case "w" -> 7 * DAY_MS;
      case "M" -> 30 * DAY_MS;
      case "Q" -> 90 * DAY_MS;
      case "Y" -> 365 * DAY_MS;
      default -> 0;
    };
  }

  private static Window calendarWindow(YamlValue window, String text, int count, String unit,
      YamlValue value) {
    var fields = value.fields("a calendar", CALENDAR);
    var start = text(fields, "startTime");
    var zone = text(fields, "timeZone");
    LocalDateTime first;
    ZoneId zoneId;
    try {
      first = start.length() == 10
          ? LocalDate.parse(start).atStartOfDay()
          : LocalDateTime.parse(start.replace(' ', 'T'));
      zoneId = ZoneId.of(zone.isEmpty() ? "UTC" : zone);
    } catch (DateTimeException wrong) {
      value.wrong("calendar wants startTime as 2026-01-01 00:00:00 and timeZone as Europe/Berlin: "
          + wrong.getMessage());
      return new Window(DAY_MS, null);
    }
    record Turn(ChronoUnit unit, int perCount, long longestMs) {}
    var turn = switch (unit) {
      case "d" -> new Turn(ChronoUnit.DAYS, 1, DAY_MS);
      case "w" -> new Turn(ChronoUnit.WEEKS, 1, 7 * DAY_MS);
      case "M" -> new Turn(ChronoUnit.MONTHS, 1, 31 * DAY_MS);
      case "Q" -> new Turn(ChronoUnit.MONTHS, 3, 92 * DAY_MS);
      default -> new Turn(ChronoUnit.DAYS, 1, 0);
    };
    // An hour more: a day on which clocks are set back is longer.
    long lengthMs = count * turn.longestMs + DAY_MS / 24;
    if (turn.longestMs == 0 || lengthMs > 93 * DAY_MS) {
      window.wrong(
          "duration is '" + text + "', want days, weeks, months or one quarter of a calendar");
      return new Window(DAY_MS, null);
    }
    return new Window(lengthMs, new Calendar(first, zoneId, count * turn.perCount, turn.unit));
  }

  private static double target(YamlValue objective, Map<String, YamlValue> fields) {
    var target = fields.get("target");
    var percent = fields.get("targetPercent");
    double wanted = target != null
        ? target.number("target")
        : percent != null ? percent(percent.number("targetPercent")) : Double.NaN;
    if (!(wanted > 0 && wanted < 1)) {
      objective.wrong("want target above 0 and below 1, or targetPercent above 0 and below 100");
    }
    for (var name : List.of("indicator", "indicatorRef", "compositeWeight")) {
      var value = fields.get(name);
      if (value != null) {
        value.wrong("'" + name + "' is not supported: an objective is of one indicator");
      }
    }
    return wanted;
  }

  /** In decimal: a hundredth of 99.9 in binary is not 0.999. */
  private static double percent(double percent) {
    return Double.isFinite(percent)
        ? BigDecimal.valueOf(percent).movePointLeft(2).doubleValue()
        : Double.NaN;
  }

  static String text(Map<String, YamlValue> fields, String name) {
    var value = fields.get(name);
    return value == null || value.isMapping() || value.isList() ? "" : value.text(name);
  }
}
