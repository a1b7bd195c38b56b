package io.throughline.app.settings;

/**
 * Where a server listens.
 *
 * @param host a name or an IP address; IPv6 in brackets when written
 * @param port 0 = any free one
 */
public record Address(String host, int port) {

  /** @throws IllegalArgumentException unless it is HOST:PORT */
  public static Address parse(String text) {
    int colon = text.lastIndexOf(':');
    try {
      int port = Integer.parseInt(text.substring(colon + 1));
      if (colon > 0 && port >= 0 && port <= 65_535) {
        var host = text.substring(0, colon);
        boolean bracketed = host.startsWith("[") && host.endsWith("]");
        return new Address(bracketed ? host.substring(1, host.length() - 1) : host, port);
      }
    } catch (NumberFormatException wrong) {
      throw new IllegalArgumentException("'" + text + "' is not an address, want HOST:PORT", wrong);
    }
    throw new IllegalArgumentException("'" + text + "' is not an address, want HOST:PORT");
  }

  public boolean isLoopback() {
    return host.equals("localhost") || host.startsWith("127.") || host.equals("::1");
  }

  @Override
  public String toString() {
    return (host.indexOf(':') >= 0 ? "[" + host + "]" : host) + ":" + port;
  }
}
