package io.throughline.app.demo;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.throughline.agent.node.HostIdentity;
import io.throughline.model.Counted;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The running shop: four services, one process with their sidecars and the visitors, a reaper, and the
 * control door for {@link DemoKnob}.
 *
 * <p>All its processes end when this one does, however it ends. Logs, and the control door's address with
 * its secret, are in {@code DATA/demo}.
 */
public final class DemoShop implements AutoCloseable {

  static final String FOLDER = "demo";
  static final String CONTROL = "control";
  private static final double REQUESTS_PER_SECOND = 50;
  private static final int MOST_COMMAND_BYTES = 200;
  private static final Path PROC = Path.of("/proc");
  private static final Path CGROUP = Path.of("/sys/fs/cgroup");

  private final Path folder;
  private final ServiceGroups groups;
  private final Map<String, Child> services = new LinkedHashMap<>();
  private final Map<String, String> knobs = new LinkedHashMap<>();
  private final Consumer<String> log;
  private final String secret = secret();
  private @Nullable Child traffic;
  private @Nullable Reaper reaper;
  private @Nullable HttpServer control;
  private int webPort;

  private DemoShop(Path folder, ServiceGroups groups, Consumer<String> log) {
    this.folder = folder;
    this.groups = groups;
    this.log = log;
  }

  /**
   * Starts the shop and returns when its visitors do.
   *
   * @param dataFolder the command's data folder
   * @param endpoint OTLP/HTTP, as {@code http://127.0.0.1:4318}
   * @param java the {@code java} for its processes
   * @param classPath what this command runs on
   * @param log one line for the user
   */
  public static DemoShop start(Path dataFolder, String endpoint, Path java, String classPath,
      Consumer<String> log) throws IOException {
    Path folder = Files.createDirectories(dataFolder.resolve(FOLDER));
    var groups = ServiceGroups.make(CGROUP, PROC, Shop.names(), log);
    if (!groups.exist()) {
      log.accept("demo: the cpu knob turns worker pools, not cgroups: " + groups.problem());
    }
    var shop = new DemoShop(folder, groups, log);
    try {
      shop.open(endpoint, java, classPath);
      return shop;
    } catch (IOException | RuntimeException e) {
      shop.close();
      throw e;
    }
  }

  /** Where visitors enter: the web service's sidecar. */
  public String address() {
    return "http://127.0.0.1:" + webPort;
  }

  /** What is running and how the knobs stand, a line each. */
  public synchronized List<String> status() {
    var lines = new ArrayList<String>();
    lines.add("the shop is open at " + address());
    services.forEach((name, child) -> {
      String knob = knobs.getOrDefault(name, "as it comes");
      String group = groups.pathOf(name);
      lines.add(name + ": " + (child.isAlive() ? "pid " + child.pid() : "ended")
          + (group.isEmpty() ? "" : ", cgroup " + group) + ", " + knob);
    });
    return lines;
  }

  /**
   * Turns a knob: {@code cpu SERVICE CORES|off}, {@code slow SERVICE MS}, {@code errors SERVICE RATIO}.
   *
   * @return what it did, in words
   * @throws IllegalArgumentException saying what would be right
   */
  public synchronized String turn(String knob, String service, String value) throws IOException {
    Shop shop = Shop.of(service);
    Child child = services.get(service);
    if (child == null) {
      throw new IllegalArgumentException(service + " is not running");
    }
    String done = switch (knob) {
      case "cpu" -> turnCpu(shop, child, value);
      case "slow" -> {
        int ms = value.equals("off") ? 0 : (int) number("slow", value, 0, 60_000);
        child.tell("slow " + ms);
        yield shop.dependency() + " takes " + ms + " ms longer to answer " + service;
      }
      case "errors" -> {
        double ratio = value.equals("off") ? 0 : number("errors", value, 0, 1);
        child.tell("errors " + ratio);
        yield ratio + " of " + service + "'s answers are errors";
      }
      default -> throw new IllegalArgumentException(
          "no knob " + knob + "; there are cpu SERVICE CORES|off, slow SERVICE MS|off,"
              + " errors SERVICE RATIO|off");
    };
    knobs.merge(service, knob + " " + value,
        (before, now) -> before.replaceAll("(^|, )" + knob + " [^,]*", "").isEmpty()
            ? now
            : before.replaceAll("(^|, )" + knob + " [^,]*", "").replaceFirst("^, ", "") + ", "
                + now);
    return done;
  }

  @Override
  public void close() {
    if (control != null) {
      control.stop(0);
    }
    if (traffic != null) {
      traffic.close();
    }
    services.values().forEach(Child::close);
    groups.close();
    if (reaper != null) {
      reaper.close();
    }
    try {
      Files.deleteIfExists(folder.resolve(CONTROL));
    } catch (IOException e) {
      log.accept("demo: cannot remove " + folder.resolve(CONTROL) + ": " + e);
    }
  }

  private void open(String endpoint, Path java, String classPath) throws IOException {
    if (groups.exist()) {
      reaper = Reaper.start(groups.folders());
    }
    for (Shop one : Shop.values()) {
      services.put(one.service(), startService(one, endpoint, java, classPath));
    }
    var arguments = new ArrayList<>(List.of(endpoint, Double.toString(REQUESTS_PER_SECOND)));
    for (Map.Entry<String, Child> entry : services.entrySet()) {
      arguments.add(
          entry.getKey() + "=" + entry.getValue().await("port") + "=" + instance(entry.getKey()));
    }
    Child sidecars = startTraffic(java, classPath, arguments);
    traffic = sidecars;
    for (int i = 0; i < services.size(); i++) {
      String[] words = sidecars.await("sidecar").split(" ", -1);
      if (words[0].equals(Shop.WEB.service())) {
        webPort = Integer.parseInt(words[1]);
      }
      for (Child service : services.values()) {
        service.tell("peer " + words[0] + " 127.0.0.1:" + words[1]);
      }
    }
    var host = HostIdentity.local();
    for (Map.Entry<String, Child> entry : services.entrySet()) {
      entry.getValue().tell(resource(entry.getKey(), host));
    }
    sidecars.await("ready");
    sidecars.tell("visit");
    openControl();
  }

  private Child startService(Shop one, String endpoint, Path java, String classPath)
      throws IOException {
    var child = Child.start(one.service(),
        List.of(java.toString(), "-XX:+UseSerialGC", "-Xms8m", "-Xmx32m", "-Xss256k",
            "-XX:TieredStopAtLevel=1", "-XX:ReservedCodeCacheSize=16m",
            "-XX:+UseCompactObjectHeaders", "-XX:-UsePerfData", "-XX:ActiveProcessorCount=2",
            "-Dsun.net.httpserver.nodelay=true", "-Dhttp.maxConnections=32", "-cp", classPath,
            ShopService.class.getName(), one.service(), endpoint),
        folder.resolve(one.service() + ".log"));
    if (groups.exist()) {
      groups.place(one.service(), child.pid());
    }
    return child;
  }

  private Child startTraffic(Path java, String classPath, List<String> arguments)
      throws IOException {
    var command = new ArrayList<>(List.of(java.toString(), "-XX:+UseSerialGC", "-Xms16m", "-Xmx64m",
        "-XX:+UseCompactObjectHeaders", "-XX:-UsePerfData", "-Dhttp.maxConnections=64",
        "-Djdk.virtualThreadScheduler.parallelism=1", "--enable-native-access=ALL-UNNAMED",
        "--sun-misc-unsafe-memory-access=allow", "-cp", classPath, ShopTraffic.class.getName()));
    command.addAll(arguments);
    return Child.start("traffic", command, folder.resolve("traffic.log"));
  }

  /** What the sidecar of the service finds out too: the two must be one resource. */
  private String resource(String service, HostIdentity host) {
    String group = groups.pathOf(service);
    return "begin service.name=" + service + " service.namespace=" + Shop.NAMESPACE
        + " service.instance.id=" + instance(service) + " host.id=" + host.id() + " host.name="
        + host.name() + (group.isEmpty() ? "" : " container.id=" + group);
  }

  private static String instance(String service) {
    return service + "-1";
  }

  private String turnCpu(Shop shop, Child child, String value) throws IOException {
    boolean off = value.equals("off");
    double cores = off ? Double.POSITIVE_INFINITY : number("cpu", value, 0.01, 1_024);
    if (groups.exist()) {
      groups.limit(shop.service(), cores);
      return off
          ? shop.service() + " may use all cores again"
          : shop.service() + " may use " + cores + " cores, by the quota of cgroup "
              + groups.pathOf(shop.service());
    }
    // Without a quota to set, fewer workers make the same queue.
    int workers = off ? Shop.WORKERS : Math.clamp(Math.round(cores * 4), 1, Shop.WORKERS);
    child.tell("workers " + workers);
    return shop.service() + " has " + Counted.of(workers, "worker") + " (no cgroup: "
        + groups.problem() + ")";
  }

  private static double number(String knob, String value, double least, double most) {
    try {
      double number = Double.parseDouble(value);
      if (number >= least && number <= most) {
        return number;
      }
    } catch (NumberFormatException e) {
      throw new IllegalArgumentException(
          knob + " " + value + ": want a number from " + least + " to " + most + ", or off", e);
    }
    throw new IllegalArgumentException(
        knob + " " + value + ": want a number from " + least + " to " + most + ", or off");
  }

  private void openControl() throws IOException {
    var server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 8);
    server.createContext("/", this::command);
    server.start();
    control = server;
    Path file = folder.resolve(CONTROL);
    Files.deleteIfExists(file);
    if (Files.getFileStore(folder).supportsFileAttributeView("posix")) {
      Files.createFile(file,
          PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
    }
    Files.writeString(file, server.getAddress().getPort() + " " + secret + "\n");
  }

  /** POST of a command in words with the secret; the answer is text. */
  private void command(HttpExchange exchange) throws IOException {
    try (exchange) {
      String given = exchange.getRequestHeaders().getFirst("Authorization");
      int status = 200;
      String answer;
      if (given == null || !MessageDigest.isEqual(given.getBytes(StandardCharsets.UTF_8),
          ("Bearer " + secret).getBytes(StandardCharsets.UTF_8))) {
        status = 403;
        answer = "the secret in DATA/demo/control is wanted";
      } else {
        String[] words = new String(exchange.getRequestBody().readNBytes(MOST_COMMAND_BYTES),
            StandardCharsets.UTF_8).strip().split("\\s+", -1);
        try {
          answer = switch (words.length) {
            case 1 -> String.join("\n", status());
            case 3 -> turn(words[0], words[1], words[2]);
            default -> throw new IllegalArgumentException("want KNOB SERVICE VALUE");
          };
        } catch (IllegalArgumentException e) {
          status = 400;
          answer = String.valueOf(e.getMessage());
        } catch (IOException e) {
          status = 500;
          answer = "cannot turn the knob: " + e;
        }
      }
      byte[] body = answer.getBytes(StandardCharsets.UTF_8);
      exchange.sendResponseHeaders(status, body.length);
      exchange.getResponseBody().write(body);
    }
  }

  private static String secret() {
    byte[] bytes = new byte[16];
    new SecureRandom().nextBytes(bytes);
    return HexFormat.of().formatHex(bytes);
  }
}
