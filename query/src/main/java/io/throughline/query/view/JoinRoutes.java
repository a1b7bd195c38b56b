package io.throughline.query.view;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.throughline.model.Failure;
import io.throughline.model.Tenant;
import io.throughline.model.identity.Entity;
import io.throughline.query.catalogue.Catalogue;
import io.throughline.query.promql.ParseFailure;
import io.throughline.store.Snapshot;
import io.vertx.core.buffer.Buffer;
import io.vertx.ext.web.RoutingContext;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.BiConsumer;
import java.util.function.Function;
import java.util.function.Supplier;

/**
 * What the routes of the join doctor do: say why a strip, a map or an expression is empty, and take a rule that fills it.
 */
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
      RegistryFollower follower, BiConsumer<Snapshot, List<String>> follow,
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
            throw unknown("node", node, parameters.tenant);
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
          throw unknown("service", service, parameters.tenant);
        }
        return CoverageJson.diagnosis(diagnosis, rules, warnings);
      }
    };
  }

  /** Why a map is empty, or a service is not on it. */
  ViewApi.Job calls(ViewParameters parameters) {
    var service = parameters.text("service");
    return warnings -> {
      try (var snapshot = snapshots.get()) {
        follow.accept(snapshot, warnings);
        return DoctorJson.calls(follower.read(parameters.tenant, graph -> {
          var record = service.isEmpty() ? null : graph.find(Entity.service(service));
          if (record == null && !service.isEmpty()) {
            throw unknown("service", service, parameters.tenant);
          }
          return CallDoctor.examine(parameters.tenant, graph, record, catalogue);
        }), warnings);
      }
    };
  }

  /** Why an expression finds nothing. */
  ViewApi.Job matchers(ViewParameters parameters) {
    var query = parameters.text("query");
    long start = parameters.time("start");
    long end = parameters.endMs;
    if (query.isBlank() || start < 0 || end < start) {
      throw Failure.user("want query, an expression, and start and end in epoch milliseconds");
    }
    return warnings -> {
      try (var snapshot = snapshots.get()) {
        return DoctorJson.matchers(
            MatcherDoctor.examine(snapshot, parameters.tenant, query, start, end), warnings);
      } catch (ParseFailure wrong) {
        throw new Failure(Failure.Category.USER, wrong.getMessage(), wrong);
      }
    };
  }

  private static PageMaker.NotFound unknown(String kind, String id, Tenant tenant) {
    return new PageMaker.NotFound(kind + " '" + id + "' is not known to tenant " + tenant);
  }

  /** Takes a rule, {@code {"when", "is", "id"}}; it is in force when the reply comes. */
  void addOnLoop(RoutingContext context) {
    // Another site's form can post text without asking, and JSON not.
    var type = context.request().getHeader("content-type");
    if (type == null || !type.startsWith("application/json")) {
      ViewAnswers.fail(context,
          Failure.user("content-type is " + type + ", want application/json"));
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
          .whenComplete((bytes, failure) -> loop
              .runOnContext(_ -> ViewAnswers.answer(context, bytes, failure)));
    } catch (Failure e) {
      ViewAnswers.fail(context, e);
    }
  }

  private static JoinRule joinOf(Tenant tenant, byte[] body) {
    try {
      var json = JSON.readTree(body);
      return JoinRule.of(tenant, json.path("when").asText(), json.path("is").asText(),
          json.path("id").asText());
    } catch (IOException e) {
      throw new Failure(Failure.Category.USER,
          "a join is a JSON object {\"when\", \"is\", \"id\"}: " + e.getMessage(), e);
    }
  }
}
