package io.throughline.query.view;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.throughline.model.Failure;
import io.throughline.model.Tenant;
import io.throughline.model.identity.Entity;
import io.throughline.query.catalogue.Catalogue;
import io.throughline.store.Snapshot;
import io.vertx.core.buffer.Buffer;
import io.vertx.ext.web.RoutingContext;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.BiConsumer;
import java.util.function.Function;
import java.util.function.Supplier;

/** What the routes of joins do: say why a service has no resources, and take a rule that gives it some. */
final class JoinRoutes {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final int MOST_JOIN_BYTES = 16 << 10;

  private final Supplier<Snapshot> snapshots;
  private final Catalogue catalogue;
  private final JoinRules joins;
  private final RegistryFollower follower;
  private final BiConsumer<Snapshot, List<String>> follow;
  private final Function<ViewApi.Job, CompletableFuture<byte[]>> submit;
  private final Runnable changed;

  /**
   * @param follow lets the follower catch up with a snapshot, and warns where it did not
   * @param submit has a reply made on a page thread
   * @param changed forgets replies made before a rule
   */
  JoinRoutes(Supplier<Snapshot> snapshots, Catalogue catalogue, JoinRules joins,
      RegistryFollower follower,
      BiConsumer<Snapshot, List<String>> follow,
      Function<ViewApi.Job, CompletableFuture<byte[]>> submit, Runnable changed) {
    this.snapshots = snapshots;
    this.catalogue = catalogue;
    this.joins = joins;
    this.follower = follower;
    this.follow = follow;
    this.submit = submit;
    this.changed = changed;
  }

  ViewApi.Job diagnose(ViewParameters parameters) {
    var service = parameters.text("service");
    var node = parameters.text("node");
    return warnings -> {
      try (var snapshot = snapshots.get()) {
        follow.accept(snapshot, warnings);
        if (!node.isEmpty()) {
          var reported = follower.read(parameters.tenant, graph -> {
            var record = graph.find(Entity.node(node));
            return record == null ? null : Coverage.ofNode(record, catalogue);
          });
          if (reported == null) {
            throw new PageMaker.NotFound("node '" + node + "' is not known to tenant "
                + parameters.tenant);
          }
          return CoverageJson.node(reported, warnings);
        }
        var rules = joins.of(parameters.tenant);
        if (service.isEmpty()) {
          return CoverageJson.rules(rules, warnings);
        }
        var diagnosis = follower.read(parameters.tenant, graph -> {
          var record = graph.find(Entity.service(service));
          return record == null
              ? null
              : JoinDoctor.examine(parameters.tenant, graph, record, snapshot);
        });
        if (diagnosis == null) {
          throw new PageMaker.NotFound("service '" + service + "' is not known to tenant "
              + parameters.tenant);
        }
        return CoverageJson.diagnosis(diagnosis, rules, warnings);
      }
    };
  }

  /** Takes a rule, {@code {"when", "is", "id"}}; it is in force when the reply comes. */
  void addOnLoop(RoutingContext context) {
    // Another site's form can post text without asking, and JSON not.
    var type = context.request().getHeader("content-type");
    if (type == null || !type.startsWith("application/json")) {
      ViewAnswers.fail(context, Failure.user("content-type is " + type
          + ", want application/json"));
      return;
    }
    var body = Buffer.buffer();
    context.request().handler(chunk -> {
      if (body.length() <= MOST_JOIN_BYTES) {
        body.appendBuffer(chunk);
      }
    }).endHandler(_ -> add(context, body));
  }

  private void add(RoutingContext context, Buffer body) {
    try {
      if (body.length() > MOST_JOIN_BYTES) {
        throw Failure.user("a join is a JSON object of at most " + MOST_JOIN_BYTES + " bytes");
      }
      var tenant = new ViewParameters(context, List.of()).tenant;
      var rule = joinOf(tenant, body.getBytes());
      var loop = context.vertx().getOrCreateContext();
      submit.apply(warnings -> {
        joins.add(rule);
        follower.startAgain();
        try (var snapshot = snapshots.get()) {
          follow.accept(snapshot, warnings);
        }
        changed.run();
        return CoverageJson.rules(joins.of(tenant), warnings);
      })
          .whenComplete((bytes, failure) -> loop.runOnContext(_ -> ViewAnswers.answer(context,
              bytes, failure)));
    } catch (Failure e) {
      ViewAnswers.fail(context, e);
    }
  }

  private static JoinRule joinOf(Tenant tenant, byte[] body) {
    try {
      var json = JSON.readTree(body);
      return JoinRule.of(tenant, json.path("when").asText(), json.path("is").asText(), json.path(
          "id").asText());
    } catch (IOException e) {
      throw new Failure(Failure.Category.USER,
          "a join is a JSON object {\"when\", \"is\", \"id\"}: "
              + e.getMessage(), e);
    }
  }
}
