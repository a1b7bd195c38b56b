package io.throughline.collector;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.sun.net.httpserver.HttpServer;
import io.opentelemetry.api.OpenTelemetry;
import io.throughline.model.Labels;
import io.throughline.model.Tenant;
import io.throughline.model.relabel.RelabelYaml;
import io.throughline.model.relabel.Relabeled;
import io.throughline.model.relabel.Relabeling;
import io.throughline.model.yaml.YamlDocument;
import io.throughline.testkit.Await;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentSkipListSet;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.xerial.snappy.Snappy;

/**
 * The same rules in Debian's Prometheus: it scrapes one page and sends it to a receiver for each list of rules, through
 * that list as {@code write_relabel_configs}. Prometheus 2 differs from 3 in newlines and in which names are valid, so
 * neither occurs.
 */
class RelabelAgainstPrometheusTest {
  private static final Path PROMETHEUS = Path.of("/usr/bin/prometheus");
  private static final String OWN = "(up|scrape_.*)";
  private static final int LISTS = 60;
  private static final List<Labels> SERIES = List.of(
      Labels.of("__name__", "http_requests_total", "job", "Shop", "instance", "10.0.0.7:8080",
          "path", "/cart/7", "code", "503"),
      Labels.of("__name__", "http_requests_total", "job", "Shop", "instance", "10.0.0.8:8080",
          "path", "/health", "code", "200"),
      Labels.of("__name__", "node_cpu", "job", "node", "instance", "b:9100", "cpu", "0", "mode",
          "idle"),
      Labels.of("__name__", "node_cpu", "job", "node", "instance", "b:9100", "cpu", "1", "mode",
          "Idle"),
      Labels.of("__name__", "kube_pod", "job", "kube", "instance", "k:1", "label_app", "shop",
          "label_tier", "web", "pod", "shop-1"),
      Labels.of("__name__", "kube_pod", "job", "kube", "instance", "k:1", "label_app", "Grüße",
          "pod", "shop-1"),
      Labels.of("__name__", "equal", "job", "same", "instance", "same"));

  @TempDir
  private Path folder;

  /** A random rule over the names and values of {@link #SERIES}. */
  private static String rule(Random random) {
    var names = List.of("__name__", "job", "instance", "path", "code", "cpu", "mode", "label_app",
        "label_tier", "pod", "none", "made");
    var source = names.get(random.nextInt(names.size()));
    var sources = random.nextBoolean()
        ? source
        : source + ", " + names.get(random.nextInt(names.size()));
    var target = random.nextInt(4) == 0 ? "job" : random.nextBoolean() ? "made" : "other";
    var expressions = List.of("(.*)", "(.+)", "", "[a-z_]+", "(\\\\w)(\\\\w*).*", "(.*):\\\\d+",
        "/cart/.*|Shop", "(?i)idle", "(?P<first>[^;]*);(?P<second>.*)", "5..|200", "shop.*");
    var regex = expressions.get(random.nextInt(expressions.size()));
    var replacements = List.of("$1", "${1}", "x", "", "$2-$1", "${first}", "$1x", "a$$b",
        "${1}_$3");
    var replacement = replacements.get(random.nextInt(replacements.size()));
    var common = "source_labels: [" + sources + "]"
        + (random.nextInt(3) == 0
            ? ", separator: '" + List.of("", "-", ";;").get(random.nextInt(3)) + "'"
            : "");
    return "{" + switch (random.nextInt(12)) {
      case 0 -> "action: keep, " + common + ", regex: \"" + regex + "\"";
      case 1 -> "action: drop, " + common + ", regex: \"" + regex + "\"";
      case 2 -> "action: hashmod, " + common + ", target_label: " + target + ", modulus: "
          + (1 + random.nextInt(1000));
      case 3 -> "action: labelmap, regex: \"label_(.+)\", replacement: \""
          + List.of("$1", "made", "x_$1").get(random.nextInt(3)) + "\"";
      case 4 -> "action: labeldrop, regex: \""
          + List.of("label_.*", "cpu|mode", "p.*").get(random.nextInt(3)) + "\"";
      case 5 -> "action: labelkeep, regex: \"__name__|"
          + List.of("job|instance|made", "code|path").get(random.nextInt(2)) + "\"";
      case 6 -> "action: lowercase, " + common + ", target_label: " + target;
      case 7 -> "action: uppercase, " + common + ", target_label: " + target;
      case 8 -> (random.nextBoolean() ? "action: keepequal" : "action: dropequal")
          + ", source_labels: [job], target_label: " + (random.nextBoolean() ? "instance" : "none");
      case 9 -> "source_labels: [" + source + "], regex: \"([a-z_]+)\", target_label: "
          + "\"made_${1}\", replacement: \"$0\"";
      default -> common + ", regex: \"" + regex + "\", target_label: " + target
          + ", replacement: \"" + replacement + "\"";
    } + "}";
  }

  private static String list(int seed) {
    var random = new Random(seed);
    var rules = new ArrayList<String>();
    rules.add("{source_labels: [__name__], regex: '" + OWN + "', action: drop}");
    for (int i = 0; i <= random.nextInt(4); i++) {
      rules.add(rule(random));
    }
    return "[" + String.join(", ", rules) + "]";
  }

  private static Set<String> ours(String list) {
    var document = YamlDocument.first("list", list);
    var root = document.root();
    var rules = root == null ? Relabeling.NONE : RelabelYaml.read(root, "list");
    assertThat(document.problems()).as(list).isEmpty();
    var made = new TreeSet<String>();
    for (var labels : SERIES) {
      if (rules.apply(labels) instanceof Relabeled.Kept(var kept) && !kept.isEmpty()) {
        made.add(kept.toString());
      }
    }
    return made;
  }

  @Test
  void randomListsMakeOfSeriesWhatPrometheusMakesOfThem() throws Exception {
    assumeTrue(Files.isExecutable(PROMETHEUS), "Debian's prometheus is not installed");
    var received = new ConcurrentHashMap<Integer, Set<String>>();
    var server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 64);
    server.createContext("/metrics", exchange -> {
      var page = new StringBuilder();
      for (var labels : SERIES) {
        page.append(labels).append(" 1\n");
      }
      var bytes = page.toString().getBytes(StandardCharsets.UTF_8);
      exchange.getResponseHeaders().set("Content-Type", "text/plain; version=0.0.4; charset=utf-8");
      exchange.sendResponseHeaders(200, bytes.length);
      exchange.getResponseBody().write(bytes);
      exchange.close();
    });
    server.createContext("/write/", exchange -> {
      int list = Integer.parseInt(exchange.getRequestURI().getPath().substring(7));
      var body = Snappy.uncompress(exchange.getRequestBody().readAllBytes());
      received.computeIfAbsent(list, _ -> new ConcurrentSkipListSet<>()).addAll(seriesOf(body));
      exchange.sendResponseHeaders(204, -1);
      exchange.close();
    });
    server.start();
    var own = "http://127.0.0.1:" + server.getAddress().getPort();
    var config = new StringBuilder("global: {scrape_interval: 1s, scrape_timeout: 1s}\n");
    config.append("scrape_configs: [{job_name: page, honor_labels: true, static_configs: ")
        .append("[{targets: ['")
        .append(own.substring(7))
        .append("']}]}]\nremote_write:\n");
    var expected = new TreeMap<Integer, Set<String>>();
    for (int seed = 1; seed <= LISTS; seed++) {
      var list = list(seed);
      expected.put(seed, ours(list));
      config.append("  - {url: '")
          .append(own)
          .append("/write/")
          .append(seed)
          .append("', queue_config: {min_shards: 1, max_shards: 1, batch_send_deadline: 200ms}, ")
          .append("metadata_config: {send: false}, write_relabel_configs: ")
          .append(list)
          .append("}\n");
    }
    Files.writeString(folder.resolve("prometheus.yml"), config);
    int port;
    try (var free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      port = free.getLocalPort();
    }
    var process = new ProcessBuilder(PROMETHEUS.toString(), "--config.file=prometheus.yml",
        "--storage.tsdb.path=data", "--web.listen-address=127.0.0.1:" + port)
        .directory(folder.toFile())
        .redirectErrorStream(true)
        .redirectOutput(folder.resolve("log").toFile())
        .start();
    try {
      Await.until("every list of rules to be answered for", Duration.ofSeconds(60), () -> expected
          .entrySet()
          .stream()
          .allMatch(
              one -> received.getOrDefault(one.getKey(), Set.of()).size() >= one.getValue().size())
          || !process.isAlive());
      assertThat(process.isAlive()).as(() -> read(folder.resolve("log"))).isTrue();
    } finally {
      process.destroy();
      process.waitFor(10, TimeUnit.SECONDS);
      server.stop(0);
    }

    assertThat(expected)
        .allSatisfy((seed, series) -> assertThat(received.getOrDefault(seed, Set.of()))
            .as("seed " + seed + ": " + list(seed))
            .containsExactlyInAnyOrderElementsOf(series));
    assertThat(expected.values().stream().filter(series -> !series.isEmpty()))
        .hasSizeGreaterThan(LISTS / 2);
  }

  private static String read(Path file) {
    try {
      return Files.readString(file);
    } catch (IOException gone) {
      return gone.toString();
    }
  }

  /** The label sets of a 1.0 request. */
  private static Set<String> seriesOf(byte[] body) {
    var intake = new WrittenDownIntake();
    var admission = new Admission(CollectorSettings.DEFAULTS);
    try (var none = new Relabelings(CollectorSettings.DEFAULTS, _ -> {},
        OpenTelemetry.noop().getMeter("test"))) {
      var decoder = new RemoteWriteDecoder(admission, new Registration(admission, none), 1,
          new Families());
      var request = intake.begin(Tenant.DEFAULT);
      decoder.decodeV1(Tenant.DEFAULT, body, 0, body.length, request, System.currentTimeMillis());
    }
    return intake.series();
  }
}
