package io.throughline.query.engine;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;

/**
 * Expressions over {@link CorpusData}: every function, aggregation, operator and matcher of Prometheus 2.42 with each kind
 * of value it accepts, first one by one, then nested at random. The same seed makes the same list.
 */
final class Corpus {

  private static final List<String> VECTORS = List.of("http_requests_total", "temperature_celsius",
      "queue_length", "flapping", "disk_used_bytes", "disk_size_bytes", "constant", "ramp", "share",
      "odd", "late", "early", "sparse", "build_info", "errors_total", "latency_seconds_bucket",
      "latency_seconds_sum", "latency_seconds_count", "spelled", "broken_bucket",
      "event_time_seconds", "no_such_metric");

  private static final List<String> SELECTORS = List.of("http_requests_total{job=\"api\"}",
      "http_requests_total{job!=\"api\",code=\"500\"}", "http_requests_total{job=~\"a.*|web\"}",
      "http_requests_total{job!~\"a.*\",method=\"GET\"}", "http_requests_total{job=~\"\"}",
      "{__name__=\"queue_length\"}", "{__name__=~\"disk_.*_bytes\",job=\"api\"}",
      "{__name__=~\"(early|late)\"}", "{job=\"api\",__name__!~\"l.*|h.*|p.*\"}",
      "queue_length{missing=\"\"}", "queue_length{missing!=\"\"}", "queue_length{instance=~\".+\"}",
      "odd{kind!=\"\"}", "odd{kind=~\"mixed[01]\"}", "odd{kind!~\"mixed.*|nan\"}",
      "spelled{text=\"ünï \\\"cödé\\\"\"}", "spelled{text=~'ünï .*'}",
      "temperature_celsius{job=\"api\",job!=\"web\"}", "temperature_celsius{zone=~\"(?i)A-.*\"}",
      "{instance=\"a:1\",job=\"web\",__name__=~\"[d-f].*\"}");

  private static final List<String> WHENS = List.of("", " offset 5m", " offset -3m", " offset 1h",
      " @ 1700002000.5", " @ start()", " @ end()", " @ end() offset 7m", " offset 90s @ start()",
      " offset 100w");

  private static final List<String> RANGES = List.of("[30s]", "[1m]", "[5m]", "[10m]", "[1h]",
      "[20s]", "[90s]", "[7m30s]", "[3h]");

  /** No multiple of a step, so that no inner time lies on the open end. */
  private static final List<String> SUBQUERIES = List.of("[10m50ms:1m]", "[5m50ms:30s]",
      "[20m50ms:]", "[30m50ms:5m]", "[7m50ms:13s]", "[10m50ms:1m] offset 3m",
      "[10m50ms:1m] @ 1700003000.5", "[10m50ms:45s] @ end() offset 1m", "[1m50ms:10s]");

  private static final List<String> GROUPS = List.of("", "by (job) ", "by (job, instance) ",
      "without (instance) ", "by () ", "without () ", "by (missing) ", "without (job, code) ",
      "by (__name__) ");

  private static final List<String> OVER_TIME = List.of("rate", "increase", "delta", "irate",
      "idelta", "deriv", "changes", "resets", "avg_over_time", "min_over_time", "max_over_time",
      "sum_over_time", "count_over_time", "stddev_over_time", "stdvar_over_time", "last_over_time",
      "present_over_time", "absent_over_time");

  private static final List<String> GAUGE_OVER_TIME = OVER_TIME.subList(2, OVER_TIME.size());

  /** Scraped without gaps from start to end. */
  private static final List<String> COUNTERS = List.of("http_requests_total{job!=\"db\"}",
      "errors_total", "latency_seconds_bucket", "latency_seconds_count");

  private static final List<String> OF_VECTOR = List.of("abs", "ceil", "floor", "exp", "ln", "log2",
      "log10", "sqrt", "sgn", "round", "sin", "cos", "tan", "asin", "acos", "atan", "sinh", "cosh",
      "tanh", "asinh", "acosh", "atanh", "deg", "rad", "timestamp", "minute", "hour", "day_of_week",
      "day_of_month", "day_of_year", "days_in_month", "month", "year", "absent", "sort",
      "sort_desc");

  private static final List<String> SIMPLE_AGGREGATIONS = List.of("sum", "avg", "min", "max",
      "count", "group", "stddev", "stdvar");

  private static final List<String> SCALARS = List.of("2", "0", "-1.5", "0x1F", "1e3", "NaN", "Inf",
      "-Inf", "time()", "pi()", "scalar(constant)", "scalar(queue_length)", "scalar(ramp)",
      "(1 + 2 * 3)", "scalar(no_such_metric)");

  private static final List<String> ARITHMETIC = List.of("+", "-", "*", "/", "%", "^", "atan2");
  private static final List<String> COMPARISONS = List.of("==", "!=", "<", "<=", ">", ">=");
  private static final List<String> SETS = List.of("and", "or", "unless");

  private final Random random;
  private final Set<String> all = new LinkedHashSet<>();

  private Corpus(long seed) {
    random = new Random(seed);
  }

  static List<String> expressions(long seed, int nested) {
    var corpus = new Corpus(seed);
    corpus.selectors();
    corpus.functions();
    corpus.histograms();
    corpus.aggregations();
    corpus.scalars();
    corpus.withScalars();
    corpus.joins();
    corpus.sets();
    corpus.labels();
    for (int size = corpus.all.size(); corpus.all.size() < size + nested;) {
      corpus.all.add(corpus.vector(1 + corpus.random.nextInt(3)));
    }
    return List.copyOf(corpus.all);
  }

  private <T> T any(List<T> list) {
    return list.get(random.nextInt(list.size()));
  }

  private void add(String expression) {
    all.add(expression);
  }

  private void selectors() {
    VECTORS.forEach(this::add);
    SELECTORS.forEach(this::add);
    for (var when : WHENS) {
      add("queue_length" + when);
      add("flapping" + when);
      add("http_requests_total{code=\"500\"}" + when);
      add("sum(ramp" + when + ") + ramp");
      add("rate(http_requests_total[5m]" + when + ")");
      add("max_over_time(flapping[4m]" + when + ")");
      add("timestamp(sparse" + when + ")");
      add("time() - timestamp(queue_length" + when + ")");
    }
  }

  private void functions() {
    for (var function : OVER_TIME) {
      for (var vector : VECTORS) {
        add(function + "(" + vector + any(RANGES) + ")");
      }
      for (var range : RANGES) {
        add(function + "(http_requests_total" + range + ")");
        add(function + "(flapping" + range + ")");
        add(function + "(odd" + range + ")");
      }
      for (var subquery : SUBQUERIES) {
        add(function + "(" + any(VECTORS) + subquery + ")");
        add(function + "(rate(http_requests_total{job!=\"db\"}[2m])" + subquery + ")");
      }
    }
    for (var function : OF_VECTOR) {
      for (var vector : List.of("queue_length", "temperature_celsius", "odd", "share", "flapping",
          "no_such_metric", "event_time_seconds")) {
        add(function + "(" + vector + ")");
      }
      add(function + "(" + any(SELECTORS) + ")");
      add(function + "({__name__=~\"disk_.*\"})");
    }
    for (var function : List.of("minute", "hour", "day_of_week", "day_of_month", "day_of_year",
        "days_in_month", "month", "year")) {
      add(function + "()");
      add(function + "(vector(time() * 100))");
      add(function + "(timestamp(queue_length))");
    }
    for (var vector : List.of("queue_length", "temperature_celsius", "odd", "share")) {
      for (var scalar : SCALARS) {
        add("clamp_min(" + vector + ", " + scalar + ")");
        add("clamp_max(" + vector + ", " + scalar + ")");
        add("clamp(" + vector + ", " + scalar + ", " + any(SCALARS) + ")");
        add("round(" + vector + ", " + scalar + ")");
      }
      add("clamp(" + vector + ", -5, 5)");
      add("round(" + vector + ", 0.1)");
    }
    for (var vector : List.of("queue_length", "odd", "http_requests_total", "flapping", "ramp")) {
      for (var q : List.of("0", "0.5", "0.95", "1", "-1", "2", "NaN", "scalar(share)")) {
        add("quantile_over_time(" + q + ", " + vector + any(RANGES) + ")");
      }
      for (var seconds : List.of("0", "3600", "-60", "time()")) {
        add("predict_linear(" + vector + any(RANGES) + ", " + seconds + ")");
      }
      add("holt_winters(" + vector + "[10m], 0.3, 0.7)");
      add("holt_winters(" + vector + "[1h], 0.9, 0.1)");
    }
    add("holt_winters(ramp[10m], 0, 0.5)");
    add("holt_winters(ramp[10m], 0.5, 1)");
    add("absent_over_time(no_such_metric{job=\"x\",instance=~\"y\"}[5m])");
    add("absent(no_such_metric{job=\"x\",instance=~\"y\",job=\"z\",code=\"1\"})");
    add("absent(sum(no_such_metric))");
    add("absent(sum(queue_length))");
    add("absent(sparse{job=\"web\"})");
    add("absent_over_time(sparse{job=\"web\"}[2m])");
  }

  private void histograms() {
    for (var q : List.of("0", "0.5", "0.9", "0.99", "1", "-0.1", "1.1", "NaN", "scalar(share)")) {
      add("histogram_quantile(" + q + ", latency_seconds_bucket)");
      add("histogram_quantile(" + q + ", rate(latency_seconds_bucket[5m]))");
      add("histogram_quantile(" + q + ", sum by (le, job) (rate(latency_seconds_bucket[10m])))");
      add("histogram_quantile(" + q + ", broken_bucket)");
      add("histogram_quantile(" + q + ", endless_bucket)");
      add("histogram_quantile(" + q + ", queue_length)");
      add("histogram_quantile(" + q + ", latency_seconds_bucket{le=~\"0.5|1|.Inf\"})");
      add("histogram_quantile(" + q + ", latency_seconds_bucket{le=\"+Inf\"})");
    }
    for (var vector : List.of("payload_bytes", "rate(payload_bytes[5m])",
        "increase(payload_bytes[10m])", "sum(payload_bytes)", "sum by (job) (payload_bytes)",
        "sum(rate(payload_bytes[5m]))", "payload_bytes offset 5m", "queue_length",
        "payload_bytes{job=\"api\"} + payload_bytes")) {
      add("histogram_count(" + vector + ")");
      add("histogram_sum(" + vector + ")");
    }
    for (var vector : List.of("payload_bytes", "sum(rate(payload_bytes[5m]))")) {
      add(vector);
      add("count(" + vector + ")");
      add("group by (job) (" + vector + ")");
      add("absent(" + vector + ")");
      add("timestamp(" + vector + ")");
    }
    add("count_over_time(payload_bytes[5m])");
    add("present_over_time(payload_bytes[5m])");
    add("absent_over_time(payload_bytes[5m])");
  }

  private void aggregations() {
    var inners = List.of("http_requests_total", "queue_length", "temperature_celsius", "odd",
        "flapping", "rate(http_requests_total[5m])", "no_such_metric", "disk_used_bytes",
        "{job=\"api\",__name__!~\"l.*|payload_bytes\"}");
    for (var aggregation : SIMPLE_AGGREGATIONS) {
      for (var group : GROUPS) {
        for (int n = 0; n < 4; n++) {
          add(aggregation + " " + group + "(" + inners.get((all.size() + n) % inners.size()) + ")");
        }
      }
      for (var inner : inners) {
        add(aggregation + "(" + inner + ")");
        add(aggregation + "(" + inner + ") by (instance)");
      }
    }
    for (var group : GROUPS) {
      for (var inner : inners) {
        add("quantile " + group + "("
            + any(List.of("0", "0.25", "0.9", "1", "-1", "2", "NaN", "scalar(share)")) + ", "
            + inner + ")");
        add(any(List.of("topk", "bottomk")) + " " + group + "("
            + any(List.of("1", "2", "3", "100", "0", "-1", "scalar(constant)")) + ", " + inner
            + ")");
      }
      add("topk " + group + "(2, temperature_celsius)");
      add("bottomk " + group + "(2, temperature_celsius)");
      add("count_values " + group + "(\"value\", queue_length)");
      add("count_values " + group + "(\"job\", build_info)");
      add("count_values " + group + "(\"v\", odd)");
    }
    add("count_values(\"\", queue_length)");
    add("count_values(\"1a\", queue_length)");
    add("topk(NaN, queue_length)");
    add("topk(1e30, queue_length)");
  }

  private void scalars() {
    for (var scalar : SCALARS) {
      add(scalar);
      add("-" + scalar);
      add("+" + scalar);
      add("vector(" + scalar + ")");
    }
    for (var left : SCALARS) {
      for (var operator : ARITHMETIC) {
        add(left + " " + operator + " " + any(SCALARS));
      }
      for (var operator : COMPARISONS) {
        add(left + " " + operator + " bool " + any(SCALARS));
      }
    }
    add("\"a string\"");
    add("scalar(vector(1) == 2)");
    add("2 ^ 3 ^ 2");
    add("-2 ^ 2");
    add("1 - 2 - 3");
    add("7 % 4 * 2 / 3");
    add("1 == bool 1 != bool 0");
  }

  private void withScalars() {
    var vectors = List.of("queue_length", "temperature_celsius", "odd", "share",
        "http_requests_total{code=\"500\"}", "{__name__=~\"disk_.*_bytes\"}");
    for (var operator : ARITHMETIC) {
      for (var scalar : SCALARS) {
        add(any(vectors) + " " + operator + " " + scalar);
        add(scalar + " " + operator + " " + any(vectors));
      }
    }
    for (var operator : COMPARISONS) {
      for (var scalar : SCALARS) {
        var bool = random.nextBoolean() ? "bool " : "";
        add(any(vectors) + " " + operator + " " + bool + scalar);
        add(scalar + " " + operator + " " + bool + any(vectors));
      }
    }
    vectors.forEach(vector -> {
      add("-" + vector);
      add("+" + vector);
      add("--" + vector);
      add("-" + vector + " ^ 2");
    });
  }

  private void joins() {
    var operators = new ArrayList<>(ARITHMETIC);
    operators.addAll(COMPARISONS);
    COMPARISONS.forEach(operator -> operators.add(operator + " bool"));
    for (var operator : operators) {
      add("queue_length " + operator + " queue_length");
      add("queue_length " + operator + " flapping");
      add("odd " + operator + " odd");
      add("temperature_celsius " + operator + " ignoring (zone) queue_length");
      add("temperature_celsius " + operator + " on (job, instance) queue_length");
      add("disk_used_bytes " + operator + " on (job, instance) group_left disk_size_bytes");
      add("disk_used_bytes " + operator + " ignoring (device) group_left () disk_size_bytes");
      add("disk_size_bytes " + operator + " ignoring (device) group_right disk_used_bytes");
      add("http_requests_total " + operator
          + " on (job, instance) group_left (version, region) build_info");
      add("build_info " + operator
          + " on (job, instance) group_right (version) http_requests_total{code=\"500\"}");
      add("http_requests_total " + operator + " on (instance) build_info");
      add("queue_length " + operator + " on (job) queue_length");
      add("queue_length " + operator + " on () constant");
      add("sum by (job) (queue_length) " + operator + " on (job) group_right (job) queue_length");
      add("queue_length " + operator + " no_such_metric");
      add("rate(errors_total[5m]) " + operator
          + " on (job, instance) sum by (job, instance) (rate(http_requests_total[5m]))");
    }
    add("http_requests_total * on (job, instance) group_left (job) build_info");
    add("queue_length * on (__name__) queue_length");
    add("queue_length == on (__name__, job, instance) queue_length");
    add("queue_length * on (job, instance) group_left (__name__) build_info");
    add("late + on () group_left early");
    add("{__name__=~\"disk_.*\"} + 1");
    add("{__name__=~\"disk_.*\",device=~\"|sda\"} * 2");
    add("-{__name__=~\"disk_.*\",device=~\"|sda\"}");
    add("sum by (__name__, job) ({job=\"api\",__name__!~\"l.*|payload.*\"}) + 1");
  }

  private void sets() {
    var vectors = List.of("queue_length", "flapping", "late", "early", "temperature_celsius",
        "http_requests_total", "no_such_metric", "build_info", "sparse", "vector(1)",
        "queue_length > 2", "flapping < 50");
    for (var operator : SETS) {
      for (var left : vectors) {
        add(left + " " + operator + " " + any(vectors));
        add(left + " " + operator + " on (job) " + any(vectors));
        add(left + " " + operator + " on (job, instance) (" + any(vectors) + ")");
        add(left + " " + operator + " ignoring (zone, method, code) " + any(vectors));
        add(left + " " + operator + " on () " + any(vectors));
      }
    }
    add("queue_length > 2 and flapping or late unless early");
    add("queue_length or flapping and late");
  }

  private void labels() {
    var vectors = List.of("queue_length", "build_info", "rate(http_requests_total[5m])", "spelled");
    for (var vector : vectors) {
      add("label_replace(" + vector + ", \"host\", \"$1\", \"instance\", \"(.*):.*\")");
      add("label_replace(" + vector
          + ", \"host\", \"${name}-$2\", \"instance\", \"(?P<name>.*):(.*)\")");
      add("label_replace(" + vector + ", \"host\", \"$9$$x\", \"job\", \"(.).*\")");
      add("label_replace(" + vector + ", \"job\", \"\", \"job\", \"w.*\")");
      add("label_replace(" + vector + ", \"instance\", \"same\", \"\", \"\")");
      add("label_replace(" + vector + ", \"new\", \"value\", \"missing\", \"\")");
      add("label_replace(" + vector + ", \"new\", \"value\", \"job\", \"nothing\")");
      add("label_replace(" + vector + ", \"__name__\", \"renamed\", \"job\", \"api\")");
      add("label_replace(" + vector + ", \"a\", \"b\", \"job\", \"(\")");
      add("label_join(" + vector + ", \"all\", \"-\", \"job\", \"instance\", \"missing\")");
      add("label_join(" + vector + ", \"job\", \"\", \"missing\")");
      add("label_join(" + vector + ", \"none\", \"-\")");
      add("label_join(" + vector + ", \"instance\", \"\")");
    }
  }

  /** A vector of some depth. */
  private String vector(int depth) {
    if (depth == 0) {
      return random.nextInt(3) == 0
          ? any(SELECTORS)
          : any(VECTORS) + (random.nextInt(5) == 0 ? any(WHENS) : "");
    }
    return switch (random.nextInt(10)) {
      case 0 -> any(List.of("rate", "increase")) + "(" + any(COUNTERS) + any(RANGES) + ")";
      case 1 -> any(GAUGE_OVER_TIME) + "(" + any(VECTORS) + any(RANGES) + ")";
      case 2 -> any(GAUGE_OVER_TIME) + "((" + vector(depth - 1) + ")" + any(SUBQUERIES) + ")";
      case 3 -> any(OF_VECTOR.subList(0, OF_VECTOR.size() - 2)) + "(" + vector(depth - 1) + ")";
      case 4, 5 -> any(SIMPLE_AGGREGATIONS) + " " + any(GROUPS) + "(" + vector(depth - 1) + ")";
      case 6 -> "(" + vector(depth - 1) + ") " + any(ARITHMETIC) + " " + scalar(depth - 1);
      case 7 -> "(" + vector(depth - 1) + ") " + any(COMPARISONS)
          + (random.nextBoolean() ? " bool " : " ") + scalar(depth - 1);
      case 8 -> any(SIMPLE_AGGREGATIONS) + " by (job, instance) (" + vector(depth - 1) + ") "
          + any(ARITHMETIC) + " " + any(SIMPLE_AGGREGATIONS) + " by (job, instance) ("
          + vector(depth - 1) + ")";
      default -> "(" + vector(depth - 1) + ") " + any(SETS)
          + any(List.of(" ", " on (job) ", " ignoring (instance) ")) + "(" + vector(depth - 1)
          + ")";
    };
  }

  private String scalar(int depth) {
    return depth > 0 && random.nextInt(3) == 0 ? "scalar(" + vector(depth - 1) + ")" : any(SCALARS);
  }
}
