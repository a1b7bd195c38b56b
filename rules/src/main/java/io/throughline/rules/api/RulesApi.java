package io.throughline.rules.api;

import io.throughline.model.Failure;
import io.throughline.model.Tenant;
import io.throughline.model.yaml.Problem;
import io.throughline.rules.group.GroupStatus;
import io.throughline.rules.notify.ReceiverStatus;
import io.throughline.rules.slo.SloStatus;
import io.vertx.core.http.HttpMethod;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.function.Supplier;
import java.util.stream.Collectors;

/**
 * {@code rules}, {@code alerts} and {@code alertmanagers} as Prometheus answers them, {@code /api/view/v1/slos}, and {@code POST
 * /-/reload}. Replies are
 * made on Vert.x' worker threads from what the last iterations left, so they never wait for one.
 *
 * <p>Beyond Prometheus' fields: {@code unknownSince} on a rule whose state is not known, {@code resolve} on one that has
 * such a condition, and {@code deliveries} beside the Alertmanagers.
 */
public final class RulesApi {

  private final Supplier<List<GroupStatus>> groups;
  private final Supplier<List<ReceiverStatus>> receivers;
  private final Supplier<List<SloStatus>> slos;
  private final Supplier<List<Problem>> reload;
  private final Tenant tenant;

  /** @param tenant the only one whose rules are shown; others have none */
  public RulesApi(Supplier<List<GroupStatus>> groups, Supplier<List<ReceiverStatus>> receivers,
      Supplier<List<SloStatus>> slos, Supplier<List<Problem>> reload, Tenant tenant) {
    this.groups = groups;
    this.receivers = receivers;
    this.slos = slos;
    this.reload = reload;
    this.tenant = tenant;
  }

  /** Adds the routes. */
  public void mount(Router router) {
    for (var prefix : List.of("/api/v1", "/prometheus/api/v1")) {
      Replies.get(router, prefix + "/rules", this::rules);
      Replies.get(router, prefix + "/alerts", this::alerts);
      Replies.get(router, prefix + "/alertmanagers", this::alertmanagers);
    }
    Replies.get(router, "/api/view/v1/slos", this::slos);
    router.route(HttpMethod.POST, "/-/reload")
        .handler(context -> context.vertx()
            .executeBlocking(reload::get, false)
            .onSuccess(problems -> reloaded(context, problems))
            .onFailure(context::fail));
  }

  private static void reloaded(RoutingContext context, List<Problem> problems) {
    if (problems.isEmpty()) {
      context.response().end();
    } else {
      context.fail(Failure.user("files are not in order, what was loaded before stays in use: "
          + problems.stream().map(Problem::toString).collect(Collectors.joining("; "))));
    }
  }

  private List<GroupStatus> groupsOf(RoutingContext context) {
    return Replies.owns(context, tenant) ? groups.get() : List.of();
  }

  private Replies.Data rules(RoutingContext context) {
    var wanted = Wanted.of(context.queryParams());
    var chosen = new ArrayList<GroupStatus>();
    var nextToken = "";
    boolean begun = wanted.token().isEmpty();
    for (var status : groupsOf(context)) {
      begun |= token(status).equals(wanted.token());
      if (!begun || !wanted.group(status)) {
        continue;
      }
      var rules = status.rules().stream().filter(wanted::rule).toList();
      if (rules.isEmpty() && wanted.narrowsRules()) {
        continue;
      }
      if (chosen.size() == wanted.limit()) {
        nextToken = token(status);
        break;
      }
      chosen.add(new GroupStatus(status.group(), status.intervalMs(), status.queryOffsetMs(),
          status.lastEvaluationMs(), status.evaluationSeconds(), rules));
    }
    if (!begun) {
      throw Failure.user("invalid parameter \"group_next_token\": no group has it, groups have "
          + "changed; ask from the beginning");
    }
    var next = nextToken;
    return out -> {
      out.writeStartObject();
      out.writeArrayFieldStart("groups");
      for (var status : chosen) {
        StatusJson.group(out, status, wanted.alerts());
      }
      out.writeEndArray();
      if (!next.isEmpty()) {
        out.writeStringField("groupNextToken", next);
      }
      out.writeEndObject();
    };
  }

  /** Names a group for a client that goes on later. */
  private static String token(GroupStatus status) {
    try {
      var digest = MessageDigest.getInstance("SHA-1")
          .digest(status.group().key().getBytes(StandardCharsets.UTF_8));
      return HexFormat.of().formatHex(digest);
    } catch (NoSuchAlgorithmException impossible) {
      throw new IllegalStateException("every JDK has SHA-1", impossible);
    }
  }

  private Replies.Data alerts(RoutingContext context) {
    var all = groupsOf(context);
    return out -> {
      out.writeStartObject();
      out.writeArrayFieldStart("alerts");
      for (var group : all) {
        for (var rule : group.rules()) {
          for (var alert : rule.alerts()) {
            StatusJson.alert(out, alert, rule.unknownSinceMs());
          }
        }
      }
      out.writeEndArray();
      out.writeEndObject();
    };
  }

  private Replies.Data slos(RoutingContext context) {
    var all = Replies.owns(context, tenant) ? slos.get() : List.<SloStatus>of();
    return out -> {
      out.writeStartObject();
      out.writeArrayFieldStart("slos");
      for (var one : all) {
        StatusJson.slo(out, one);
      }
      out.writeEndArray();
      out.writeEndObject();
    };
  }

  private Replies.Data alertmanagers(RoutingContext context) {
    var all = Replies.owns(context, tenant) ? receivers.get() : List.<ReceiverStatus>of();
    return out -> {
      out.writeStartObject();
      out.writeArrayFieldStart("activeAlertmanagers");
      for (var one : all) {
        if (one.kind().equals("alertmanager")) {
          var url = one.url();
          out.writeStartObject();
          out.writeStringField("url",
              (url.endsWith("/") ? url.substring(0, url.length() - 1) : url) + "/api/v2/alerts");
          out.writeEndObject();
        }
      }
      out.writeEndArray();
      out.writeArrayFieldStart("droppedAlertmanagers");
      out.writeEndArray();
      out.writeArrayFieldStart("deliveries");
      for (var one : all) {
        StatusJson.receiver(out, one);
      }
      out.writeEndArray();
      out.writeEndObject();
    };
  }
}
