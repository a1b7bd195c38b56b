package io.throughline.app.console;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.PrintWriter;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code throughline query}: asks a running Throughline, or anything with Prometheus' API, and shows the answer. */
@Command(name = "query", mixinStandardHelpOptions = true,
    description = "Ask a PromQL expression and show the answer.")
public final class QueryCommand implements Callable<Integer> {

  /** How an answer is shown. */
  enum Output {
    table,
    json,
    csv,
    graph
  }

  private static final int STEPS = 120;

  @Spec
  private @Nullable CommandSpec spec;

  @Parameters(paramLabel = "EXPR", description = "What is asked, such as 'sum by (job) (up)'.")
  private String expression = "";

  @Option(names = "--url", paramLabel = "URL",
      description = "Where it is asked (default: ${DEFAULT-VALUE}).")
  private String url = "http://127.0.0.1:7070";

  @Option(names = "--time", paramLabel = "TIME",
      description = "When: now, -5m, seconds since 1970 or 2026-01-31T12:00:00Z (default: now).")
  private String time = "now";

  @Option(names = "--start", paramLabel = "TIME",
      description = "Where a range begins; makes it a range query.")
  private @Nullable String start;

  @Option(names = "--end", paramLabel = "TIME", description = "Where a range ends (default: now).")
  private String end = "now";

  @Option(names = "--step", paramLabel = "DURATION",
      description = "From point to point of a range (default: 120 points).")
  private @Nullable String step;

  @Option(names = {"-o", "--output"}, paramLabel = "FORM",
      description = "${COMPLETION-CANDIDATES} (default: graph for a range, else table).")
  private @Nullable Output output;

  @Override
  public Integer call() {
    var known = Objects.requireNonNull(spec, "picocli sets the spec");
    var out = known.commandLine().getOut();
    var err = known.commandLine().getErr();
    long nowMs = System.currentTimeMillis();
    long startMs;
    long endMs;
    String form;
    try {
      boolean range = start != null;
      startMs = Times.parse(start == null ? time : start, nowMs);
      endMs = range ? Times.parse(end, nowMs) : startMs;
      long stepMs = step == null ? Math.max(1000, (endMs - startMs) / STEPS) : Times.millis(step);
      form = "query=" + URLEncoder.encode(expression, StandardCharsets.UTF_8)
          + (range
              ? "&start=" + Times.seconds(startMs) + "&end=" + Times.seconds(endMs) + "&step="
                  + stepMs / 1000.0
              : "&time=" + Times.seconds(startMs));
    } catch (IllegalArgumentException wrong) {
      throw new ParameterException(known.commandLine(), String.valueOf(wrong.getMessage()), wrong);
    }
    JsonNode reply;
    try {
      reply = ask(form);
    } catch (IOException failed) {
      err.println("throughline: cannot ask " + url + " (--url): " + Reason.of(failed)
          + "; is './throughline up' running there?");
      return 1;
    } catch (IllegalArgumentException wrong) {
      throw new ParameterException(known.commandLine(),
          "--url is '" + url + "', want one as http://127.0.0.1:7070", wrong);
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
      return 1;
    }
    if (!reply.path("status").asText().equals("success")) {
      err.println("throughline: " + reply.path("error").asText("an answer that is no answer"));
      return 1;
    }
    for (var kind : List.of("warnings", "infos")) {
      reply.path(kind).forEach(note -> err.println("throughline: " + note.asText()));
    }
    show(reply.path("data"), startMs, endMs, out);
    out.flush();
    return 0;
  }

  private JsonNode ask(String form) throws IOException, InterruptedException {
    var path = start == null ? "/api/v1/query" : "/api/v1/query_range";
    try (var client = HttpClient.newBuilder()
        .version(HttpClient.Version.HTTP_1_1)
        .connectTimeout(Duration.ofSeconds(5))
        .build()) {
      var body = client.send(HttpRequest.newBuilder(URI.create(url + path))
          .timeout(Duration.ofMinutes(2))
          .header("Content-Type", "application/x-www-form-urlencoded")
          .POST(HttpRequest.BodyPublishers.ofString(form))
          .build(), HttpResponse.BodyHandlers.ofByteArray()).body();
      return new ObjectMapper().readTree(body);
    }
  }

  private void show(JsonNode data, long startMs, long endMs, PrintWriter out) {
    var form = output == null ? start == null ? Output.table : Output.graph : output;
    switch (form) {
      case json -> out.println(data);
      case csv -> csv(data, out);
      case table -> table(data, out);
      case graph -> graph(data, startMs, endMs, out);
    }
  }

  /** Every series, a scalar or text as one without labels. */
  private static List<JsonNode> series(JsonNode data) {
    var all = new ArrayList<JsonNode>();
    var type = data.path("resultType").asText();
    if (type.equals("scalar") || type.equals("string")) {
      all.add(new ObjectMapper().createObjectNode().set("value", data.path("result")));
    } else {
      data.path("result").forEach(all::add);
    }
    return all;
  }

  /** The points of a series, each a time in seconds and a text or a histogram. */
  private static List<JsonNode> points(JsonNode series) {
    var points = new ArrayList<JsonNode>();
    for (var one : List.of("value", "histogram")) {
      if (series.has(one)) {
        points.add(series.path(one));
      }
    }
    for (var many : List.of("values", "histograms")) {
      series.path(many).forEach(points::add);
    }
    return points;
  }

  private static String name(JsonNode series) {
    var metric = series.path("metric");
    var labels = new ArrayList<String>();
    metric.properties().forEach(label -> {
      if (!label.getKey().equals("__name__")) {
        labels.add(label.getKey() + "=\"" + label.getValue().asText() + "\"");
      }
    });
    return metric.path("__name__").asText("") + (labels.isEmpty()
        ? metric.has("__name__") ? "" : "{}"
        : "{" + String.join(", ", labels) + "}");
  }

  private static String shown(JsonNode value) {
    return value.isTextual()
        ? value.asText()
        : "count " + value.path("count").asText() + ", sum " + value.path("sum").asText();
  }

  private static void csv(JsonNode data, PrintWriter out) {
    out.println("series,time,value");
    for (var series : series(data)) {
      var name = "\"" + name(series).replace("\"", "\"\"") + "\"";
      for (var point : points(series)) {
        out.println(name + "," + point.get(0).asText() + ","
            + (point.get(1).isTextual()
                ? point.get(1).asText()
                : "\"" + shown(point.get(1)) + "\""));
      }
    }
  }

  private static void table(JsonNode data, PrintWriter out) {
    var all = series(data);
    if (all.isEmpty()) {
      out.println("nothing");
      return;
    }
    int wide = 0;
    for (var series : all) {
      wide = Math.max(wide, name(series).length());
    }
    for (var series : all) {
      var name = name(series);
      var points = points(series);
      var text = new StringBuilder(name).append(" ".repeat(wide - name.length() + 2));
      for (int i = 0; i < points.size(); i++) {
        text.append(i == 0 ? "" : "\n" + " ".repeat(wide + 2));
        if (points.size() > 1) {
          text.append(Times.clock(Math.round(points.get(i).get(0).asDouble() * 1000))).append("  ");
        }
        text.append(shown(points.get(i).get(1)));
      }
      out.println(text);
    }
  }

  private static void graph(JsonNode data, long startMs, long endMs, PrintWriter out) {
    var lines = new ArrayList<Chart.Line>();
    for (var series : series(data)) {
      var times = new ArrayList<Long>();
      var values = new ArrayList<Double>();
      for (var point : points(series)) {
        if (point.get(1).isTextual()) {
          times.add(Math.round(point.get(0).asDouble() * 1000));
          values.add(number(point.get(1).asText()));
        }
      }
      lines.add(new Chart.Line(name(series), times, values));
    }
    var chart = new Chart(60, 12, terminal());
    chart.draw(lines, startMs, endMs).forEach(out::println);
  }

  private static boolean terminal() {
    var console = System.console();
    return console != null && console.isTerminal() && System.getenv("NO_COLOR") == null;
  }

  private static double number(String text) {
    return switch (text) {
      case "+Inf" -> Double.POSITIVE_INFINITY;
      case "-Inf" -> Double.NEGATIVE_INFINITY;
      default -> {
        try {
          yield Double.parseDouble(text);
        } catch (NumberFormatException _) {
          yield Double.NaN;
        }
      }
    };
  }
}
