package io.throughline.app;

import io.throughline.collector.discover.Discovery;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;

/** {@code GET /api/view/v1/sources}: which orchestrators are followed, and why one is not (docs/api/view.md). */
final class DiscoveryApi {
  private final Discovery discovery;

  DiscoveryApi(Discovery discovery) {
    this.discovery = discovery;
  }

  void mount(Router router) {
    router.get("/api/view/v1/sources").handler(this::answerOnLoop);
  }

  private void answerOnLoop(RoutingContext context) {
    var sources = new JsonArray();
    for (var state : discovery.states()) {
      sources.add(new JsonObject().put("source", state.source())
          .put("state", state.state())
          .put("reason", state.reason())
          .put("sinceMs", state.sinceMs())
          .put("series", state.series()));
    }
    context.json(new JsonObject().put("status", "success")
        .put("data", new JsonObject().put("sources", sources))
        .put("warnings", new JsonArray()));
  }
}
