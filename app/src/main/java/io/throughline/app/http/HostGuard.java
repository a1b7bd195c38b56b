package io.throughline.app.http;

import io.throughline.app.settings.Address;
import io.vertx.core.http.HttpServerRequest;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Keeps web pages of others out: a page may point its own name at this address (DNS rebinding), so a request
 * has to ask for a name that is ours, and one that a browser sends on behalf of a page has to come from a
 * page of ours, or of an origin that a setting allows. An IP address cannot be rebound and is let in.
 */
final class HostGuard {
  private static final Pattern IPV4 = Pattern.compile("\\d{1,3}(\\.\\d{1,3}){3}");

  private final Set<String> names;
  private final com.google.re2j.Pattern origins;

  /**
   * @param listen its name is ours too
   * @param origins of other sites whose pages may ask, as a regular expression; "" for none
   */
  HostGuard(List<String> allowed, List<Address> listen, String origins) {
    // Linear in the header's length, whatever the expression.
    this.origins = com.google.re2j.Pattern.compile(origins);
    names = new HashSet<>(List.of("localhost"));
    allowed.forEach(name -> names.add(name.toLowerCase(Locale.ROOT)));
    listen.forEach(address -> names.add(address.host().toLowerCase(Locale.ROOT)));
  }

  /** Why the request is refused, or "" if it may come in. */
  String refusal(HttpServerRequest request) {
    var authority = request.authority();
    var host = authority == null ? null : authority.host();
    if (host == null || host.isEmpty()) {
      return "the request has no Host";
    }
    if (!isOurs(host)) {
      return "Host '" + shown(host)
          + "' is not a name of this server; add it to http.allowed-hosts if it is";
    }
    var origin = request.getHeader("Origin");
    if (origin != null && !isSame(origin, request) && !isAllowed(origin)) {
      return "Origin '" + shown(origin)
          + "' is another site's; requests from its pages are refused (query.cors-origin)";
    }
    return "";
  }

  private boolean isOurs(String host) {
    return host.startsWith("[") || host.indexOf(':') >= 0 || IPV4.matcher(host).matches()
        || names.contains(host.toLowerCase(Locale.ROOT));
  }

  private boolean isAllowed(String origin) {
    return !origin.isEmpty() && origins.matches(origin);
  }

  private static boolean isSame(String origin, HttpServerRequest request) {
    var authority = request.authority();
    if (authority == null) {
      return false;
    }
    var rest = afterScheme(origin);
    if (rest == null) {
      return false;
    }
    var own = authority.port() < 0 ? authority.host() : authority.host() + ":" + authority.port();
    return rest.equalsIgnoreCase(own) || rest.equalsIgnoreCase(own + ":80")
        || own.equalsIgnoreCase(rest + ":80");
  }

  private static @Nullable String afterScheme(String origin) {
    for (var scheme : List.of("http://", "https://")) {
      if (origin.startsWith(scheme)) {
        return origin.substring(scheme.length());
      }
    }
    return null;
  }

  private static String shown(String text) {
    return text.length() <= 80 ? text : text.substring(0, 80) + "…";
  }
}
