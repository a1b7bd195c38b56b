package io.throughline.query.api;

import io.vertx.core.Context;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerResponse;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.io.OutputStream;
import java.util.Arrays;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.zip.Deflater;
import java.util.zip.DeflaterOutputStream;
import java.util.zip.GZIPOutputStream;
import org.jspecify.annotations.Nullable;

/**
 * A worker's way to a response. What fits into one buffer is sent at once with its length; more goes out in chunks as they
 * fill, gzipped on the worker if the client takes that. At most {@value #MOST_IN_FLIGHT} chunks wait in the connection:
 * then the worker waits for a slow client, for {@value #PATIENCE_SECONDS} s at most.
 */
final class ReplyStream {

  private static final int CHUNK_BYTES = 64 << 10;
  /** Most replies are short: more room is made as it is needed, up to a chunk. */
  private static final int FIRST_BYTES = 4 << 10;
  private static final int MOST_IN_FLIGHT = 8;
  private static final int PATIENCE_SECONDS = 30;

  private final Context loop;
  private final HttpServerResponse response;
  private final Compression accepted;
  private Success success;
  private final Semaphore inFlight = new Semaphore(MOST_IN_FLIGHT);
  private byte[] first = new byte[FIRST_BYTES];
  private int firstSize;
  private @Nullable OutputStream rest;
  private volatile boolean gone;

  ReplyStream(Context loop, HttpServerResponse response, Compression accepted, Success success) {
    this.loop = loop;
    this.response = response;
    this.accepted = accepted;
    this.success = success;
  }

  /** How a long reply is made shorter. */
  enum Compression {
    NONE(""),
    GZIP("gzip"),
    DEFLATE("deflate");

    private final String word;

    Compression(String word) {
      this.word = word;
    }

    /** The best of what a client says it takes. */
    static Compression of(@Nullable String acceptEncoding) {
      if (acceptEncoding == null) {
        return NONE;
      }
      return acceptEncoding.contains(GZIP.word)
          ? GZIP
          : acceptEncoding.contains(DEFLATE.word) ? DEFLATE : NONE;
    }

    OutputStream over(OutputStream out) throws IOException {
      return switch (this) {
        case NONE -> out;
        case GZIP -> new FastGzip(out);
        case DEFLATE -> new FastDeflate(out);
      };
    }
  }

  /** Says what the reply is, before anything of it is written. */
  void announce(Success other) {
    success = other;
  }

  /**
   * What a reply says of itself where it succeeds; an error is always JSON.
   *
   * @param encoding in which the endpoint writes, or ""
   */
  record Success(int status, String contentType, String encoding) {
    static final Success JSON = new Success(200, "application/json", "");
    static final Success TEXT = new Success(200, "text/plain; version=0.0.4; charset=utf-8", "");
    static final Success SNAPPY = new Success(200, "application/x-protobuf", "snappy");
    static final Success EMPTY = new Success(204, "", "");
    static final Success CHUNKS = new Success(200,
        "application/x-streamed-protobuf; proto=prometheus.ChunkedReadResponse", "");
    static final Success FAMILIES = new Success(200,
        "application/vnd.google.protobuf; proto=io.prometheus.client.MetricFamily; encoding=delimited",
        "");
    static final Success LINES = new Success(200, "application/x-ndjson; charset=utf-8", "");
    static final Success YAML = new Success(200, "application/yaml; charset=utf-8", "");

    /** Whether it may be compressed: text that is not yet. */
    boolean isText() {
      return encoding.isEmpty() && !contentType.startsWith("application/x-streamed");
    }
  }

  private void head(String contentType, String encoding) {
    if (!contentType.isEmpty()) {
      response.putHeader(HttpHeaders.CONTENT_TYPE, contentType);
    }
    if (!encoding.isEmpty()) {
      response.putHeader(HttpHeaders.CONTENT_ENCODING, encoding);
    }
  }

  OutputStream out() {
    return new OutputStream() {
      @Override
      public void write(int one) throws IOException {
        write(new byte[] {(byte) one}, 0, 1);
      }

      @Override
      public void write(byte[] bytes, int offset, int length) throws IOException {
        var open = rest;
        if (open == null && firstSize + length <= CHUNK_BYTES) {
          makeRoom(firstSize + length);
          System.arraycopy(bytes, offset, first, firstSize, length);
          firstSize += length;
          return;
        }
        if (open == null) {
          open = begin();
        }
        open.write(bytes, offset, length);
      }
    };
  }

  private void makeRoom(int size) {
    if (size > first.length) {
      first = Arrays.copyOf(first, Math.min(CHUNK_BYTES, Math.max(size, 4 * first.length)));
    }
  }

  private OutputStream begin() throws IOException {
    var kind = success;
    var compression = kind.isText() ? accepted : Compression.NONE;
    loop.runOnContext(_ -> {
      head(kind.contentType(), kind.encoding());
      response.setChunked(true);
      if (compression != Compression.NONE) {
        response.putHeader(HttpHeaders.CONTENT_ENCODING, compression.word);
        // A web page's answer already varies by its origin.
        response.headers().add(HttpHeaders.VARY, HttpHeaders.ACCEPT_ENCODING);
      }
    });
    var open = compression.over(new Chunks());
    rest = open;
    open.write(first, 0, firstSize);
    return open;
  }

  /** Takes back what was written and has not left; only before {@link #begun}. */
  void replace(byte[] body) {
    int length = Math.min(body.length, CHUNK_BYTES);
    makeRoom(length);
    System.arraycopy(body, 0, first, 0, length);
    firstSize = length;
  }

  /** Sends what is left; the reply is complete. */
  void succeed() throws IOException {
    end(success.status(), success.contentType(), success.encoding());
  }

  void fail(int status) throws IOException {
    end(status, Success.JSON.contentType(), "");
  }

  private void end(int status, String contentType, String encoding) throws IOException {
    var open = rest;
    if (open != null) {
      open.close();
      return;
    }
    var body = Buffer.buffer(firstSize).appendBytes(first, 0, firstSize);
    loop.runOnContext(_ -> {
      if (!response.ended() && !response.closed()) {
        response.setStatusCode(status);
        head(contentType, encoding);
        if (status == 503) {
          response.putHeader(HttpHeaders.RETRY_AFTER, "1");
        }
        response.end(body);
      }
    });
  }

  /** Ends a reply that broke off halfway: the client sees that it is incomplete. */
  void breakOff() {
    gone = true;
    loop.runOnContext(_ -> response.reset());
  }

  boolean begun() {
    return rest != null;
  }

  private static final class FastGzip extends GZIPOutputStream {
    FastGzip(OutputStream out) throws IOException {
      super(out, CHUNK_BYTES);
      def.setLevel(Deflater.BEST_SPEED);
    }
  }

  private static final class FastDeflate extends DeflaterOutputStream {
    FastDeflate(OutputStream out) {
      super(out, new Deflater(Deflater.BEST_SPEED), CHUNK_BYTES);
    }

    @Override
    public void close() throws IOException {
      super.close();
      // One that was handed in is not ended by the stream, and holds native memory until it is.
      def.end();
    }
  }

  /** Gathers bytes to chunks and hands them to the loop. */
  private final class Chunks extends OutputStream {
    private Buffer chunk = Buffer.buffer(CHUNK_BYTES);

    @Override
    public void write(int one) throws IOException {
      chunk.appendByte((byte) one);
    }

    @Override
    public void write(byte[] bytes, int offset, int length) throws IOException {
      chunk.appendBytes(bytes, offset, length);
      if (chunk.length() >= CHUNK_BYTES) {
        send();
      }
    }

    private void send() throws IOException {
      if (gone) {
        throw new IOException("connection closed");
      }
      try {
        if (!inFlight.tryAcquire(PATIENCE_SECONDS, TimeUnit.SECONDS)) {
          throw new IOException("it read nothing for " + PATIENCE_SECONDS + " s");
        }
      } catch (InterruptedException _) {
        Thread.currentThread().interrupt();
        throw new InterruptedIOException("interrupted");
      }
      var full = chunk;
      chunk = Buffer.buffer(CHUNK_BYTES);
      loop.runOnContext(_ -> {
        if (response.closed()) {
          gone = true;
          inFlight.release();
          return;
        }
        response.write(full).onComplete(done -> {
          if (done.failed()) {
            gone = true;
          }
          inFlight.release();
        });
      });
    }

    @Override
    public void close() throws IOException {
      send();
      loop.runOnContext(_ -> {
        if (!response.ended() && !response.closed()) {
          response.end();
        }
      });
    }
  }
}
