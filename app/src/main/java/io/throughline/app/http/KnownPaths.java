package io.throughline.app.http;

import io.vertx.core.http.HttpMethod;
import io.vertx.ext.web.Router;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;
import java.util.regex.Pattern;

/** Which methods a path is served with: what tells an unknown path from a wrong method. */
record KnownPaths(List<Template> templates) {

  /** A route's path, its parameters matching one step each. */
  record Template(Pattern pattern, List<String> methods) {}

  static KnownPaths of(Router router) {
    var templates = new ArrayList<Template>();
    for (var route : router.getRoutes()) {
      var path = route.getPath();
      if (path != null && route.methods() != null) {
        var expression = new StringBuilder();
        for (var step : path.substring(1).split("/", -1)) {
          expression.append('/')
              .append(
                  step.startsWith(":") ? "[^/]+" : step.equals("*") ? ".*" : Pattern.quote(step));
        }
        templates.add(new Template(Pattern.compile(expression.toString()),
            route.methods().stream().map(HttpMethod::name).toList()));
      }
    }
    return new KnownPaths(templates);
  }

  /** Empty where nothing is at the path. */
  TreeSet<String> methods(String path) {
    var found = new TreeSet<String>();
    for (var template : templates) {
      if (template.pattern.matcher(path).matches()) {
        found.addAll(template.methods);
      }
    }
    return found;
  }
}
