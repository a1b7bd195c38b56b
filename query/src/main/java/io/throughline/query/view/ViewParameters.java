package io.throughline.query.view;

import io.throughline.model.Failure;
import io.throughline.model.Tenant;
import io.vertx.ext.web.RoutingContext;
import java.util.List;
import java.util.Map;

/** A request's tenant and parameters, checked: one that its route does not know is refused by name. */
final class ViewParameters {
  final Tenant tenant;
  final long endMs;
  private final RoutingContext context;

  /** @param known the route's parameters */
  ViewParameters(RoutingContext context, List<String> known) {
    this.context = context;
    var header = context.request().getHeader("X-Scope-OrgID");
    this.tenant = header == null || header.isEmpty() ? Tenant.DEFAULT : new Tenant(header);
    for (Map.Entry<String, String> parameter : context.queryParams()) {
      if (!known.contains(parameter.getKey())) {
        throw Failure.user("unknown parameter '" + parameter.getKey() + "', "
            + (known.isEmpty()
                ? "none is known here"
                : "known here are " + String.join(", ", known)));
      }
    }
    this.endMs = time("end");
  }

  String id() {
    var id = context.pathParam("id");
    if (id == null || id.isEmpty()) {
      throw Failure.user("the path ends without an id");
    }
    return id;
  }

  String text(String name) {
    var value = context.queryParams().get(name);
    return value == null ? "" : value;
  }

  long time(String name) {
    var text = text(name);
    return text.isEmpty() ? -1 : number(name, 0, 0, Long.MAX_VALUE / 4);
  }

  long number(String name, long standard, long least, long most) {
    var text = text(name);
    if (text.isEmpty()) {
      return standard;
    }
    try {
      double value = Double.parseDouble(text);
      if (value >= least && value <= most) {
        return (long) value;
      }
    } catch (NumberFormatException e) {
      throw Failure.user(name + " is '" + text + "', want a whole number");
    }
    throw Failure.user(name + " is " + text + ", want " + least + " to " + most);
  }
}
