package io.throughline.bench.query;

import com.sun.management.ThreadMXBean;
import io.opentelemetry.api.OpenTelemetry;
import io.throughline.query.QueryRole;
import io.throughline.query.QuerySettings;
import io.throughline.query.ReadBarrier;
import io.throughline.query.api.Rehearsal;
import io.throughline.store.Store;
import io.throughline.store.StoreSettings;
import io.vertx.core.Vertx;
import io.vertx.ext.web.Router;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.lang.management.ManagementFactory;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.common.utils.Utils;

/**
 * What requests of the query API cost over a store that exists, through HTTP, as the first thing the process does but for
 * a rehearsal, and when it has done so for a while: CPU and bytes allocated of its query threads and event loops for one
 * request, and the median time to its answer.
 *
 * <p>Arguments: the folder {@code DATA/store} (use a copy), the tenant, a file of requests with an id, a tab and a path
 * with its query on each line, the number of warm rounds, and the CPU seconds of the rehearsal, default 1.8. Requests of an
 * id are taken in turn, {@value #PER_ROUND} in each round.
 */
public final class RequestCost {
  private static final int PER_ROUND = 15;
  private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();

  private final String tenant;
  private final Socket socket;
  private final InputStream in;
  private final byte[] body = new byte[64 << 20];
  /** What one request took, by round. */
  private final Map<String, List<Cost>> costs = new LinkedHashMap<>();

  private record Cost(double queryMs, double loopMs, double answerMs, double allocatedKb) {}

  private RequestCost(String tenant, Socket socket) throws IOException {
    this.tenant = tenant;
    this.socket = socket;
    in = new BufferedInputStream(socket.getInputStream(), 64 << 10);
  }

  public static void main(String[] arguments) throws Exception {
    var requests = new LinkedHashMap<String, List<String>>();
    for (var line : Files.readAllLines(Path.of(arguments[2]))) {
      var parts = line.split("\t", 2);
      requests.computeIfAbsent(parts[0], _ -> new ArrayList<>()).add(parts[1]);
    }
    int rounds = Integer.parseInt(arguments[3]);
    var vertx = Vertx.vertx();
    try (
        var store = Store.open(Path.of(arguments[0]),
            StoreSettings.DEFAULTS.withBackgroundMerges(false));
        var role = new QueryRole(QuerySettings.DEFAULT, store::snapshot, ReadBarrier.NONE,
            InstantSource.system(), OpenTelemetry.noop().getMeter("bench"), null)) {
      store.maintain();
      rehearse(arguments.length > 4 ? Double.parseDouble(arguments[4]) : 1.8);
      var router = Router.router(vertx);
      role.mount(router);
      var server = vertx.createHttpServer()
          .requestHandler(router)
          .listen(0, "127.0.0.1")
          .toCompletionStage()
          .toCompletableFuture()
          .get();
      try (var socket = new Socket("127.0.0.1", server.actualPort())) {
        socket.setTcpNoDelay(true);
        new RequestCost(arguments[1], socket).run(requests, rounds);
      }
    } finally {
      vertx.close().toCompletionStage().toCompletableFuture().get();
    }
  }

  private static void rehearse(double cpuSeconds) throws IOException {
    var folder = Files.createTempDirectory("rehearsal");
    try (var rehearsal = Rehearsal.open(folder, InstantSource.system())) {
      long endNanos = THREADS.getCurrentThreadCpuTime() + (long) (cpuSeconds * 1e9);
      while (THREADS.getCurrentThreadCpuTime() < endNanos) {
        rehearsal.round();
      }
    } finally {
      Utils.delete(folder.toFile());
    }
  }

  private void run(Map<String, List<String>> requests, int rounds) throws IOException {
    for (int round = 0; round <= rounds; round++) {
      for (var entry : requests.entrySet()) {
        var cost = measure(entry.getValue(), round);
        costs.computeIfAbsent(entry.getKey(), _ -> new ArrayList<>()).add(cost);
      }
    }
    System.out.println(
        "request | cold: query ms, loop ms, answer ms | warm: query ms, loop ms, answer ms, KB");
    var means = new double[4];
    costs.forEach((id, all) -> {
      var cold = all.getFirst();
      var warm = median(all.subList(Math.min(all.size() - 1, 1 + rounds / 2), all.size()));
      System.out.println(id + " | " + shown(cold.queryMs) + " " + shown(cold.loopMs) + " "
          + shown(cold.answerMs) + " | " + shown(warm.queryMs) + " " + shown(warm.loopMs) + " "
          + shown(warm.answerMs) + " " + Math.round(warm.allocatedKb));
      means[0] += Math.log(cold.queryMs + cold.loopMs);
      means[1] += Math.log(cold.answerMs);
      means[2] += Math.log(warm.queryMs + warm.loopMs);
      means[3] += Math.log(warm.answerMs);
    });
    System.out.println("geometric means: cold CPU " + shown(Math.exp(means[0] / costs.size()))
        + " answer " + shown(Math.exp(means[1] / costs.size())) + ", warm CPU "
        + shown(Math.exp(means[2] / costs.size())) + " answer "
        + shown(Math.exp(means[3] / costs.size())));
  }

  private static String shown(double millis) {
    return Double.toString(Math.round(millis * 1000) / 1000.0);
  }

  private static Cost median(List<Cost> costs) {
    return new Cost(costs.stream().mapToDouble(Cost::queryMs).sorted().toArray()[costs.size() / 2],
        costs.stream().mapToDouble(Cost::loopMs).sorted().toArray()[costs.size() / 2],
        costs.stream().mapToDouble(Cost::answerMs).sorted().toArray()[costs.size() / 2],
        costs.stream().mapToDouble(Cost::allocatedKb).sorted().toArray()[costs.size() / 2]);
  }

  private Cost measure(List<String> paths, int round) throws IOException {
    long query = cpuNanos("query-");
    long loop = cpuNanos("vert.x-eventloop");
    long bytes = allocatedBytes();
    var nanos = new long[PER_ROUND];
    for (int i = 0; i < PER_ROUND; i++) {
      var path = paths.get((round * PER_ROUND + i) % paths.size());
      long start = System.nanoTime();
      ask(path);
      nanos[i] = System.nanoTime() - start;
    }
    Arrays.sort(nanos);
    return new Cost((cpuNanos("query-") - query) / 1e6 / PER_ROUND,
        (cpuNanos("vert.x-eventloop") - loop) / 1e6 / PER_ROUND, nanos[PER_ROUND / 2] / 1e6,
        (allocatedBytes() - bytes) / 1024.0 / PER_ROUND);
  }

  private static long cpuNanos(String prefix) {
    long sum = 0;
    for (var info : THREADS.getThreadInfo(THREADS.getAllThreadIds())) {
      if (info != null && info.getThreadName().startsWith(prefix)) {
        sum += Math.max(0, THREADS.getThreadCpuTime(info.getThreadId()));
      }
    }
    return sum;
  }

  private static long allocatedBytes() {
    long sum = 0;
    for (var info : THREADS.getThreadInfo(THREADS.getAllThreadIds())) {
      if (info != null && (info.getThreadName().startsWith("query-")
          || info.getThreadName().startsWith("vert.x-eventloop"))) {
        sum += Math.max(0, THREADS.getThreadAllocatedBytes(info.getThreadId()));
      }
    }
    return sum;
  }

  /** Sends a request and reads its answer, which has to be a success. */
  private void ask(String path) throws IOException {
    socket.getOutputStream()
        .write(("GET " + path + " HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Scope-OrgID: " + tenant
            + "\r\n\r\n").getBytes(StandardCharsets.ISO_8859_1));
    var status = line();
    if (!status.contains(" 200 ")) {
      throw new IOException(status + " for " + path);
    }
    long length = -1;
    for (var header = line(); !header.isEmpty(); header = line()) {
      if (header.startsWith("content-length: ")) {
        length = Long.parseLong(header.substring(16));
      }
    }
    if (length >= 0) {
      read((int) length);
      return;
    }
    for (int size = Integer.parseInt(line(), 16); size > 0; size = Integer.parseInt(line(), 16)) {
      read(size);
      line();
    }
    line();
  }

  private void read(int size) throws IOException {
    if (in.readNBytes(body, 0, size) < size) {
      throw new IOException("the answer ended before its " + size + " bytes");
    }
  }

  private String line() throws IOException {
    var text = new StringBuilder();
    for (int next = in.read(); next != '\n'; next = in.read()) {
      if (next < 0) {
        throw new IOException("the connection ended");
      }
      if (next != '\r') {
        text.append((char) next);
      }
    }
    return text.toString();
  }
}
