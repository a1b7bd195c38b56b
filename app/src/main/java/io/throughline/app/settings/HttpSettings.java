package io.throughline.app.settings;

import java.util.List;

/**
 * Settings {@code http.*}.
 *
 * @param listen HOST:PORT of the dashboard, the query API, remote write and OTLP/HTTP
 * @param otlpGrpc HOST:PORT where OpenTelemetry SDKs look for gRPC, or off
 * @param otlpHttp HOST:PORT where OpenTelemetry SDKs look for HTTP, or off
 * @param allowedHosts names besides localhost and IP addresses under which requests may ask for this server;
 *     a web page that points its own name here is refused
 * @param maxBodyBytes a larger request body is refused with 413
 */
public record HttpSettings(String listen, String otlpGrpc, String otlpHttp,
    List<String> allowedHosts, long maxBodyBytes) {

  public static final String OFF = "off";

  public static final HttpSettings DEFAULTS = new HttpSettings("127.0.0.1:7070", "127.0.0.1:4317",
      "127.0.0.1:4318", List.of(), 64L << 20);

  public HttpSettings {
    checkAddress("listen", listen);
    if (!otlpGrpc.equals(OFF)) {
      checkAddress("otlp-grpc", otlpGrpc);
    }
    if (!otlpHttp.equals(OFF)) {
      checkAddress("otlp-http", otlpHttp);
    }
    allowedHosts = List.copyOf(allowedHosts);
    if (maxBodyBytes < 1 << 20) {
      throw new IllegalArgumentException(
          "max-body-bytes is " + maxBodyBytes + ", want at least 1MiB");
    }
  }

  private static void checkAddress(String key, String text) {
    try {
      var _ = Address.parse(text);
    } catch (IllegalArgumentException wrong) {
      throw new IllegalArgumentException(key + ": " + wrong.getMessage(), wrong);
    }
  }

  public HttpSettings withListen(String value) {
    return new HttpSettings(value, otlpGrpc, otlpHttp, allowedHosts, maxBodyBytes);
  }

  public HttpSettings withOtlpGrpc(String value) {
    return new HttpSettings(listen, value, otlpHttp, allowedHosts, maxBodyBytes);
  }

  public HttpSettings withOtlpHttp(String value) {
    return new HttpSettings(listen, otlpGrpc, value, allowedHosts, maxBodyBytes);
  }
}
