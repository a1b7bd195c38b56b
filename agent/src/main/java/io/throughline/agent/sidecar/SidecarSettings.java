package io.throughline.agent.sidecar;

import io.throughline.agent.otlp.Destination;
import java.net.URI;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What one sidecar is told at start.
 *
 * @param listen where it accepts requests
 * @param upstream the service it stands before
 * @param namespace of the service, "" = none
 * @param service the service's name
 * @param instance {@code service.instance.id}; "" = host name and upstream's port
 * @param resource further resource attributes, as {@code k8s.pod.uid}
 * @param destination where telemetry goes
 * @param connections the most to the upstream at once; requests beyond wait
 * @param waiting the most requests that may wait; beyond, 503
 * @param answer the longest from accepting a request until the upstream's answer begins; beyond, 504
 * @param http2 the service speaks HTTP/2 in clear, as gRPC does: clients may too
 * @param parentPid the process ends when this one does; 0 = it has none
 */
public record SidecarSettings(Address listen, Address upstream, String namespace, String service,
    String instance, Map<String, String> resource, Destination destination, int connections,
    int waiting, Duration answer, boolean http2, long parentPid) {

  /** A host and a port; port 0 = any free one. */
  public record Address(String host, int port) {

    /** Reads {@code HOST:PORT}, {@code [::1]:PORT}; throws {@code IllegalArgumentException}. */
    public static Address parse(String option, String text) {
      int colon = text.lastIndexOf(':');
      try {
        String host = text.substring(0, Math.max(0, colon)).replaceAll("[\\[\\]]", "");
        int port = Integer.parseInt(text.substring(colon + 1));
        if (host.isEmpty() || port < 0 || port > 65_535) {
          throw new NumberFormatException();
        }
        return new Address(host, port);
      } catch (NumberFormatException e) {
        throw new IllegalArgumentException(text.isEmpty()
            ? option + " HOST:PORT is missing"
            : option + " " + text + ": want HOST:PORT", e);
      }
    }

    @Override
    public String toString() {
      return (host.indexOf(':') < 0 ? host : "[" + host + "]") + ":" + port;
    }
  }

  /** The options of {@code agent sidecar} in words. */
  public static final String USAGE = """
      --listen HOST:PORT          accept requests here (required)
      --upstream HOST:PORT        pass them on to this service (required)
      --service [NAMESPACE/]NAME  the service's name (required)
      --instance ID               service.instance.id (host name and upstream port)
      --endpoint URL              OTLP/HTTP collector (http://127.0.0.1:4318)
      --tenant NAME               sent as X-Scope-OrgID
      --header NAME=VALUE         a header for the collector; repeatable
      --resource NAME=VALUE       a resource attribute; repeatable
      --connections N             at most so many connections to the service (256)
      --waiting N                 at most so many requests waiting for one (1024)
      --answer-timeout SECONDS    until the service's answer begins (300)
      --http2 on|off              the service speaks HTTP/2 in clear, as gRPC (off)
      --parent PID                end when this process ends
      """;

  public SidecarSettings {
    if (service.isEmpty()) {
      throw new IllegalArgumentException("--service is required, as shop/checkout");
    }
    if (connections < 1 || waiting < 0) {
      throw new IllegalArgumentException("--connections wants 1 or more, --waiting 0 or more");
    }
    if (answer.isNegative() || answer.isZero()) {
      throw new IllegalArgumentException("--answer-timeout wants 1 second or more");
    }
    resource = Map.copyOf(resource);
  }

  /** A sidecar with defaults. */
  public static SidecarSettings of(Address listen, Address upstream, String service,
      Destination destination) {
    int slash = service.indexOf('/');
    return new SidecarSettings(listen, upstream, slash < 0 ? "" : service.substring(0, slash),
        service.substring(slash + 1), "", Map.of(), destination, 256, 1_024, Duration.ofMinutes(5),
        false, 0);
  }

  public SidecarSettings withInstance(String id) {
    return new SidecarSettings(listen, upstream, namespace, service, id, resource, destination,
        connections, waiting, answer, http2, parentPid);
  }

  public SidecarSettings withConnections(int most, int mostWaiting) {
    return new SidecarSettings(listen, upstream, namespace, service, instance, resource,
        destination, most, mostWaiting, answer, http2, parentPid);
  }

  public SidecarSettings withAnswerTimeout(Duration longest) {
    return new SidecarSettings(listen, upstream, namespace, service, instance, resource,
        destination, connections, waiting, longest, http2, parentPid);
  }

  /**
   * Reads {@link #USAGE}'s options; {@code OTEL_RESOURCE_ATTRIBUTES} of {@code environment} gives
   * resource attributes too.
   *
   * @throws IllegalArgumentException naming the option, what it got and what it wants
   */
  public static SidecarSettings parse(List<String> arguments, Map<String, String> environment) {
    String listen = "";
    String upstream = "";
    String service = "";
    String instance = "";
    String endpoint = "http://127.0.0.1:4318";
    String tenant = "";
    int connections = 256;
    int waiting = 1_024;
    int answerSeconds = 300;
    long parent = 0;
    boolean http2 = false;
    var headers = new LinkedHashMap<String, String>();
    var resource = new LinkedHashMap<String, String>();
    String fromEnvironment = environment.getOrDefault("OTEL_RESOURCE_ATTRIBUTES", "");
    for (String pair : fromEnvironment.split(",", -1)) {
      if (pair.indexOf('=') > 0) {
        pair("OTEL_RESOURCE_ATTRIBUTES", resource, pair.strip());
      }
    }
    for (int i = 0; i < arguments.size(); i += 2) {
      String option = arguments.get(i);
      if (i + 1 == arguments.size()) {
        throw new IllegalArgumentException(option + ": its value is missing");
      }
      String value = arguments.get(i + 1);
      switch (option) {
        case "--listen" -> listen = value;
        case "--upstream" -> upstream = value;
        case "--service" -> service = value;
        case "--instance" -> instance = value;
        case "--endpoint" -> endpoint = value;
        case "--tenant" -> tenant = value;
        case "--header" -> pair(option, headers, value);
        case "--resource" -> pair(option, resource, value);
        case "--connections" -> connections = (int) number(option, value, 65_536);
        case "--waiting" -> waiting = (int) number(option, value, 1 << 20);
        case "--answer-timeout" -> answerSeconds = (int) number(option, value, 86_400);
        case "--http2" -> http2 = onOrOff(option, value);
        case "--parent" -> parent = number(option, value, Long.MAX_VALUE);
        default -> throw new IllegalArgumentException("unknown option " + option);
      }
    }
    int slash = service.indexOf('/');
    return new SidecarSettings(Address.parse("--listen", listen),
        Address.parse("--upstream", upstream), slash < 0 ? "" : service.substring(0, slash),
        service.substring(slash + 1), instance, resource,
        new Destination(URI.create(endpoint), tenant, headers), connections, waiting,
        Duration.ofSeconds(answerSeconds), http2, parent);
  }

  private static boolean onOrOff(String option, String value) {
    return switch (value) {
      case "on" -> true;
      case "off" -> false;
      default -> throw new IllegalArgumentException(option + " " + value + ": want on or off");
    };
  }

  private static void pair(String option, Map<String, String> pairs, String value) {
    int equals = value.indexOf('=');
    if (equals <= 0) {
      throw new IllegalArgumentException(option + " " + value + ": want NAME=VALUE");
    }
    pairs.put(value.substring(0, equals), value.substring(equals + 1));
  }

  private static long number(String option, String value, long most) {
    try {
      long number = Long.parseLong(value);
      if (number >= 0 && number <= most) {
        return number;
      }
    } catch (NumberFormatException e) {
      throw new IllegalArgumentException(option + " " + value + ": want a whole number", e);
    }
    throw new IllegalArgumentException(option + " " + value + ": want 0 to " + most);
  }
}
