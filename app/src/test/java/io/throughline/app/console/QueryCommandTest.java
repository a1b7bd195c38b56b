package io.throughline.app.console;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpServer;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import picocli.CommandLine;

/** The terminal client against a server that answers what a test says. */
class QueryCommandTest {

  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();
  private HttpServer server;
  private String asked = "";
  private String reply = "";

  @BeforeEach
  void start() throws Exception {
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.createContext("/", exchange -> {
      asked = exchange.getRequestURI() + "?"
          + URLDecoder.decode(
              new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8),
              StandardCharsets.UTF_8);
      var body = reply.getBytes(StandardCharsets.UTF_8);
      exchange.sendResponseHeaders(200, body.length);
      exchange.getResponseBody().write(body);
      exchange.close();
    });
    server.start();
  }

  @AfterEach
  void stop() {
    server.stop(0);
  }

  private int run(String... arguments) {
    var all = new ArrayList<>(List.of(arguments));
    if (all.stream().noneMatch(one -> one.startsWith("--url"))) {
      all.add("--url=http://127.0.0.1:" + server.getAddress().getPort());
    }
    return new CommandLine(new QueryCommand()).setOut(new PrintWriter(out))
        .setErr(new PrintWriter(err, true))
        .execute(all.toArray(String[]::new));
  }

  @Test
  void anInstantAnswerIsATable() {
    reply = "{\"status\":\"success\",\"warnings\":[\"careful\"],\"data\":{\"resultType\":\"vector\","
        + "\"result\":[{\"metric\":{\"__name__\":\"up\",\"job\":\"a\"},\"value\":[5,\"1\"]},"
        + "{\"metric\":{},\"histogram\":[5,{\"count\":\"2\",\"sum\":\"3\"}]}]}}";

    assertThat(run("up + 1", "--time=5")).isZero();

    assertThat(asked).isEqualTo("/api/v1/query?query=up + 1&time=5");
    assertThat(out.toString()).isEqualToNormalizingNewlines("""
        up{job="a"}  1
        {}           count 2, sum 3
        """);
    assertThat(err.toString()).contains("throughline: careful");
  }

  @Test
  void aRangeIsDrawn() {
    reply = "{\"status\":\"success\",\"data\":{\"resultType\":\"matrix\",\"result\":[{\"metric\":"
        + "{\"job\":\"a\"},\"values\":[[0,\"0\"],[60,\"500\"],[120,\"1000\"]]}]}}";

    assertThat(run("x", "--start=0", "--end=120", "--step=1m")).isZero();

    assertThat(asked).isEqualTo("/api/v1/query_range?query=x&start=0&end=120&step=60.0");
    var lines = out.toString().lines().toList();
    assertThat(lines).hasSize(15);
    assertThat(lines.getFirst()).startsWith("        1k │").endsWith("⠈");
    assertThat(lines.get(11)).startsWith("         0 │⡀");
    assertThat(lines.get(13)).contains("01-01 00:00:00").endsWith("01-01 00:02:00");
    assertThat(lines.getLast()).endsWith("● {job=\"a\"}");
  }

  @Test
  void numbersCanBeTakenElsewhere() {
    reply = "{\"status\":\"success\",\"data\":{\"resultType\":\"scalar\",\"result\":[5,\"2\"]}}";

    assertThat(run("1+1", "-o", "csv", "--start", "-5m")).isZero();
    assertThat(asked).startsWith("/api/v1/query_range?query=1+1&start=").contains("&step=2.5");
    assertThat(run("1+1", "-o", "json")).isZero();

    assertThat(out.toString()).isEqualToNormalizingNewlines("""
        series,time,value
        "{}",5,2
        {"resultType":"scalar","result":[5,"2"]}
        """);
  }

  @Test
  void aMistakeIsSaidInOneLine() {
    reply = "{\"status\":\"error\",\"errorType\":\"bad_data\",\"error\":\"1:5: parse error\"}";

    assertThat(run("sum(")).isEqualTo(1);
    assertThat(run("up", "--time=yesterday")).isEqualTo(2);
    assertThat(run("up", "--url=http://127.0.0.1:1")).isEqualTo(1);

    assertThat(err.toString()).contains("throughline: 1:5: parse error")
        .contains("'yesterday' is not a time, want now, -1h")
        .contains("cannot ask http://127.0.0.1:1");
  }
}
