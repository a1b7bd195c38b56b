package io.throughline.collector.discover;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.Path;
import java.util.Locale;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;

/**
 * GET requests over HTTP/1.1 through a unix socket, which the JDK's client cannot: one connection each, closed after
 * the answer. A request takes at most {@value #PATIENCE_SECONDS} s and an answer has at most {@value #MOST_BYTES}
 * bytes; beyond, it fails.
 */
final class EngineSocket implements AutoCloseable {
  private static final int PATIENCE_SECONDS = 10;
  private static final int MOST_BYTES = 32 << 20;
  private static final int MOST_HEADER_BYTES = 64 << 10;

  private final String path;
  /** Reads of a channel know no time limit: a channel that takes too long is closed under its reader. */
  private final ScheduledExecutorService watch = Executors.newSingleThreadScheduledExecutor(
      Thread.ofPlatform().name("discover-docker-watch").daemon().factory());

  EngineSocket(String path) {
    this.path = path;
  }

  /** The body of a 200. */
  String get(String target) throws IOException {
    try (var channel = SocketChannel.open(UnixDomainSocketAddress.of(Path.of(path)))) {
      var late = watch.schedule(() -> {
        channel.close();
        return null;
      }, PATIENCE_SECONDS, TimeUnit.SECONDS);
      try {
        var request = ByteBuffer.wrap(("GET " + target + " HTTP/1.1\r\nHost: docker\r\n"
            + "Accept: application/json\r\nConnection: close\r\n\r\n")
            .getBytes(StandardCharsets.US_ASCII));
        while (request.hasRemaining()) {
          channel.write(request);
        }
        return body(target, readAll(channel));
      } finally {
        late.cancel(false);
      }
    } catch (ClosedChannelException e) {
      throw new IOException(
          path + " did not answer GET " + target + " within " + PATIENCE_SECONDS + " s", e);
    } catch (AccessDeniedException e) {
      throw denied(e);
    } catch (IOException e) {
      var text = String.valueOf(e.getMessage());
      if (text.contains("Permission denied")) {
        throw denied(e);
      }
      throw text.startsWith(path)
          ? e
          : new IOException(path + " cannot be asked: " + text
              + "; is an engine running, and is collector.discover.docker its socket?", e);
    }
  }

  private IOException denied(IOException e) {
    return new IOException(
        "no permission to read " + path + ": run as root or as a member of the socket's group", e);
  }

  private byte[] readAll(SocketChannel channel) throws IOException {
    var bytes = new ByteArrayOutputStream();
    var buffer = ByteBuffer.allocate(64 << 10);
    while (channel.read(buffer) >= 0) {
      bytes.write(buffer.array(), 0, buffer.position());
      buffer.clear();
      if (bytes.size() > MOST_BYTES) {
        throw new IOException(path + " answers with more than " + MOST_BYTES + " bytes");
      }
    }
    return bytes.toByteArray();
  }

  private String body(String target, byte[] answer) throws IOException {
    int end = endOfHeader(answer);
    if (end < 0) {
      throw new IOException(path + " does not speak HTTP");
    }
    var header = new String(answer, 0, end, StandardCharsets.ISO_8859_1);
    var words = header.split(" ", 3);
    if (words.length < 2 || !words[0].startsWith("HTTP/1.")) {
      throw new IOException(path + " does not speak HTTP");
    }
    var body = header.toLowerCase(Locale.ROOT).contains("transfer-encoding: chunked")
        ? unchunked(answer, end + 4)
        : new String(answer, end + 4, answer.length - end - 4, StandardCharsets.UTF_8);
    if (!words[1].equals("200")) {
      throw new IOException(path + " answers " + words[1] + " to GET " + target + ": "
          + (body.length() > 200 ? body.substring(0, 200) + "…" : body.strip()));
    }
    return body;
  }

  private static int endOfHeader(byte[] answer) {
    for (int i = 0; i + 3 < Math.min(answer.length, MOST_HEADER_BYTES); i++) {
      if (answer[i] == '\r' && answer[i + 1] == '\n' && answer[i + 2] == '\r'
          && answer[i + 3] == '\n') {
        return i;
      }
    }
    return -1;
  }

  private String unchunked(byte[] answer, int from) throws IOException {
    var whole = new ByteArrayOutputStream();
    int position = from;
    while (true) {
      int line = position;
      while (line < answer.length && answer[line] != '\r') {
        line++;
      }
      int size = chunkSize(
          new String(answer, position, line - position, StandardCharsets.US_ASCII));
      position = line + 2;
      if (size == 0) {
        return whole.toString(StandardCharsets.UTF_8);
      }
      if (size < 0 || size > answer.length - position) {
        throw new IOException(path + " ended in the middle of an answer");
      }
      whole.write(answer, position, size);
      position += size + 2;
    }
  }

  private static int chunkSize(String line) {
    int semicolon = line.indexOf(';');
    try {
      return Integer.parseInt(semicolon < 0 ? line : line.substring(0, semicolon), 16);
    } catch (NumberFormatException e) {
      return -1; // Not a chunk: the answer is cut.
    }
  }

  @Override
  public void close() {
    watch.shutdownNow();
  }
}
