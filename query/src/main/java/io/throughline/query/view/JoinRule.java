package io.throughline.query.view;

import io.throughline.model.Failure;
import io.throughline.model.Labels;
import io.throughline.model.Tenant;
import io.throughline.model.identity.Entity;
import io.throughline.model.identity.EntityFacts;
import io.throughline.model.identity.Fact;
import io.throughline.model.identity.Relation;
import io.throughline.query.catalogue.Condition;
import io.throughline.query.catalogue.Template;
import java.util.List;
import java.util.Locale;
import java.util.function.Consumer;

/**
 * A user's word on where what sends some series runs, or which service it is.
 *
 * @param when matchers as PromQL writes them between braces
 * @param is {@code POD}, {@code CONTAINER}, {@code PROCESS} or {@code NODE}: where the series' instance runs;
 *     {@code SERVICE}: another name of the series' service
 * @param alias of {@code SERVICE}: whether the id is a name by which calls know the service, which keeps its own
 * @param id how the id of that is made of the series' labels
 */
record JoinRule(Tenant tenant, String when, List<Condition> conditions, Entity.Kind is,
    boolean alias, Template id) {
  private static final String ALIAS = "alias";

  /** Where rules come from, which is what a join says when it is asked. */
  private static final String SOURCE = "joins.yaml";

  /** @throws Failure USER, saying what is wrong */
  static JoinRule of(Tenant tenant, String when, String is, String id) {
    var kind = switch (is) {
      case "pod" -> Entity.Kind.POD;
      case "container" -> Entity.Kind.CONTAINER;
      case "process" -> Entity.Kind.PROCESS;
      case "node" -> Entity.Kind.NODE;
      case "service", ALIAS -> Entity.Kind.SERVICE;
      default -> throw Failure.user(
          "a join's 'is' is '" + is + "', want pod, container, process, node, service or alias");
    };
    var conditions = Condition.parse(when);
    if (conditions.isEmpty()) {
      throw Failure.user("a join's 'when' is empty, want matchers such as"
          + " job=\"shop/cart\": a rule for everything would join everything");
    }
    return new JoinRule(tenant, when, conditions, kind, is.equals(ALIAS), Template.parse(id));
  }

  String kind() {
    return alias ? ALIAS : is.name().toLowerCase(Locale.ROOT);
  }

  void facts(Labels labels, Consumer<Fact> facts) {
    for (var condition : conditions) {
      if (!condition.matches(labels)) {
        return;
      }
    }
    var filled = id.fill(labels);
    var service = EntityFacts.serviceOfTarget(labels);
    if (filled == null || service == null) {
      return;
    }
    if (is == Entity.Kind.SERVICE) {
      if (!filled.equals(service)) {
        // The first of the two is what both go by.
        var names = alias ? List.of(service, filled) : List.of(filled, service);
        facts.accept(new Fact(Entity.service(names.getFirst()), Relation.SAME_AS,
            Entity.service(names.getLast()), SOURCE));
      }
      return;
    }
    var instance = EntityFacts.instanceOfTarget(labels);
    if (instance != null) {
      EntityFacts.ofTarget(labels, facts);
      facts.accept(new Fact(instance, is == Entity.Kind.NODE ? Relation.RUNS_ON : Relation.RUNS_IN,
          new Entity(is, filled), SOURCE));
    }
  }
}
