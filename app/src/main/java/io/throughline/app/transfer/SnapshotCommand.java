package io.throughline.app.transfer;

import io.throughline.app.console.Reason;
import io.vertx.core.json.DecodeException;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.net.ConnectException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpTimeoutException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.Callable;
import org.apache.kafka.common.utils.Utils;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code snapshot}: has a running Throughline write a snapshot, and copies it where it is wanted. */
@Command(name = "snapshot", mixinStandardHelpOptions = true,
    description = "Have a running Throughline on this machine write a snapshot of all that was acknowledged.")
public final class SnapshotCommand implements Callable<Integer> {
  @Spec
  private @Nullable CommandSpec spec;

  @Parameters(arity = "0..1", paramLabel = "DIR",
      description = "Where it is copied to, a folder that is empty or absent (default: it stays in DATA/snapshots).")
  private @Nullable Path target;

  @Option(names = "--url", paramLabel = "URL",
      description = "The Throughline (default: ${DEFAULT-VALUE}).")
  private String url = "http://127.0.0.1:7070";

  @Override
  public Integer call() {
    var line = Objects.requireNonNull(spec, "picocli sets the spec").commandLine();
    try {
      if (target != null && !isFree(target)) {
        throw new IOException("folder " + target + " is not empty; name another");
      }
      var made = ask();
      if (target == null) {
        line.getOut().println("snapshot: " + made);
      } else {
        copy(made, target);
        // The process' own copy: links to files it has anyway.
        Utils.delete(made.toFile());
        line.getOut().println("snapshot: " + target);
      }
      line.getOut().flush();
      return 0;
    } catch (IOException failed) {
      line.getErr().println("throughline: " + Reason.of(failed));
      line.getErr().flush();
      return 1;
    }
  }

  private Path ask() throws IOException {
    try (var client = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build()) {
      var request = HttpRequest.newBuilder(URI.create(url + "/-/snapshot"))
          .timeout(Duration.ofMinutes(10))
          .POST(HttpRequest.BodyPublishers.noBody())
          .build();
      var reply = client.send(request, HttpResponse.BodyHandlers.ofString());
      if (reply.statusCode() != 200) {
        throw new IOException(
            url + " answered " + reply.statusCode() + ": " + reply.body().strip());
      }
      return Path.of(new JsonObject(reply.body()).getString("folder", ""));
    } catch (DecodeException wrong) {
      throw new IOException(url + " is no Throughline: " + wrong.getMessage(), wrong);
    } catch (ConnectException | HttpTimeoutException away) {
      throw new IOException("cannot ask " + url + " (--url): " + Reason.of(away)
          + "; is './throughline up' running there?", away);
    } catch (InterruptedException stopped) {
      Thread.currentThread().interrupt();
      throw new IOException("stopped", stopped);
    }
  }

  private static boolean isFree(Path folder) throws IOException {
    if (!Files.exists(folder)) {
      return true;
    }
    try (var entries = Files.list(folder)) {
      return entries.findAny().isEmpty();
    }
  }

  private static void copy(Path from, Path to) throws IOException {
    if (!Files.isDirectory(from)) {
      throw new IOException("the snapshot lies in " + from
          + ", which this command cannot see: it runs on another machine");
    }
    try (var all = Files.walk(from)) {
      for (var file : all.toList()) {
        var there = to.resolve(from.relativize(file).toString());
        if (Files.isDirectory(file)) {
          Files.createDirectories(there);
        } else {
          Files.copy(file, there);
        }
      }
    }
  }
}
