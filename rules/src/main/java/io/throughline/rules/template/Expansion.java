package io.throughline.rules.template;

import io.throughline.rules.template.Node.Operand;
import io.throughline.rules.template.Node.Pipeline;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * One run of a template. It ends with a failure after {@value #MOST_STEPS} nodes, {@value #MOST_CHARACTERS} characters or
 * {@value #DEEPEST} templates inside each other.
 */
final class Expansion {

  private static final int MOST_STEPS = 100_000;
  private static final int MOST_CHARACTERS = 1 << 20;
  private static final int DEEPEST = 50;

  private enum Flow {
    ON,
    BREAK,
    CONTINUE
  }

  private static final class Variable {
    final String name;
    @Nullable
    Object value;

    Variable(String name, @Nullable Object value) {
      this.name = name;
      this.value = value;
    }
  }

  private final Map<String, List<Node>> templates;
  private final TemplateData data;
  private final Functions functions;
  private final StringBuilder out = new StringBuilder();
  private final Map<String, Object> root = new LinkedHashMap<>();
  private List<Variable> variables = new ArrayList<>();
  private int steps;
  private int depth;

  Expansion(Map<String, List<Node>> templates, TemplateData data) {
    this.templates = templates;
    this.data = data;
    this.functions = new Functions(data);
  }

  String run() {
    root.put("Labels", data.labels());
    root.put("ExternalLabels", data.externalLabels());
    root.put("ExternalURL", data.externalUrl());
    root.put("Value", data.value());
    variables.add(new Variable("$", root));
    variables.add(new Variable("$labels", data.labels()));
    variables.add(new Variable("$externalLabels", data.externalLabels()));
    variables.add(new Variable("$externalURL", data.externalUrl()));
    variables.add(new Variable("$value", data.value()));
    walk(templates.getOrDefault("", List.of()), root);
    return out.toString();
  }

  private Flow walk(List<Node> nodes, @Nullable Object dot) {
    for (var node : nodes) {
      if (++steps > MOST_STEPS) {
        throw new TemplateFailure("the template takes more than " + MOST_STEPS + " steps");
      }
      var flow = walk(node, dot);
      if (flow != Flow.ON) {
        return flow;
      }
    }
    return Flow.ON;
  }

  private Flow walk(Node node, @Nullable Object dot) {
    switch (node) {
      case Node.Text(var text) -> print(text);
      case Node.Action(var pipeline) -> {
        var value = evaluate(pipeline, dot);
        if (pipeline.variables().isEmpty()) {
          print(value == null ? "<no value>" : GoText.of(value));
        }
      }
      case Node.If(var condition, var then, var otherwise) -> {
        int mark = variables.size();
        var flow = walk(isTrue(evaluate(condition, dot)) ? then : otherwise, dot);
        forget(mark);
        return flow;
      }
      case Node.With(var pipeline, var then, var otherwise) -> {
        int mark = variables.size();
        var value = evaluate(pipeline, dot);
        var flow = isTrue(value) ? walk(then, value) : walk(otherwise, dot);
        forget(mark);
        return flow;
      }
      case Node.Range range -> {
        return range(range, dot);
      }
      case Node.Call(var name, var argument) ->
        call(name, argument == null ? null : evaluate(argument, dot));
      case Node.Break() -> {
        return Flow.BREAK;
      }
      case Node.Continue() -> {
        return Flow.CONTINUE;
      }
    }
    return Flow.ON;
  }

  private void forget(int mark) {
    while (variables.size() > mark) {
      variables.removeLast();
    }
  }

  private void print(String text) {
    if (out.length() + text.length() > MOST_CHARACTERS) {
      throw new TemplateFailure("the template yields more than " + MOST_CHARACTERS + " characters");
    }
    out.append(text);
  }

  private void call(String name, @Nullable Object argument) {
    var body = templates.get(name);
    if (body == null || name.isEmpty()) {
      throw new TemplateFailure("template \"" + name + "\" not defined");
    }
    if (++depth > DEEPEST) {
      throw new TemplateFailure("templates call each other more than " + DEEPEST + " deep");
    }
    var outer = variables;
    variables = new ArrayList<>();
    variables.add(new Variable("$", argument));
    walk(body, argument);
    variables = outer;
    depth--;
  }

  private Flow range(Node.Range range, @Nullable Object dot) {
    int mark = variables.size();
    var pipeline = range.over();
    // The variables of a range are set for each element, not to the whole.
    var over = evaluate(new Pipeline(List.of(), false, pipeline.commands()), dot);
    var elements = new ArrayList<@Nullable Object>();
    var keys = new ArrayList<Object>();
    switch (over) {
      case null -> {
      }
      case List<?> list -> {
        for (int i = 0; i < list.size(); i++) {
          keys.add((long) i);
          elements.add(list.get(i));
        }
      }
      case Map<?, ?> map -> {
        var sorted = new TreeMap<String, @Nullable Object>();
        map.forEach((key, value) -> sorted.put(String.valueOf(key), value));
        sorted.forEach((key, value) -> {
          keys.add(key);
          elements.add(value);
        });
      }
      case Long count -> {
        for (long i = 0; i < Math.min(count, MOST_STEPS); i++) {
          keys.add(i);
          elements.add(i);
        }
      }
      default -> throw new TemplateFailure("range can't iterate over " + GoText.of(over));
    }
    for (int i = 0; i < elements.size(); i++) {
      var names = pipeline.variables();
      int inner = variables.size();
      if (names.size() == 1) {
        bind(names.getFirst(), elements.get(i), pipeline.assigns());
      } else if (names.size() == 2) {
        bind(names.get(0), keys.get(i), pipeline.assigns());
        bind(names.get(1), elements.get(i), pipeline.assigns());
      }
      var flow = walk(range.body(), elements.get(i));
      forget(inner);
      if (flow == Flow.BREAK) {
        break;
      }
    }
    var flow = elements.isEmpty() ? walk(range.otherwise(), dot) : Flow.ON;
    forget(mark);
    return flow;
  }

  private void bind(String name, @Nullable Object value, boolean assigns) {
    if (!assigns) {
      variables.add(new Variable(name, value));
      return;
    }
    for (int i = variables.size() - 1; i >= 0; i--) {
      if (variables.get(i).name.equals(name)) {
        variables.get(i).value = value;
        return;
      }
    }
    throw new TemplateFailure("undefined variable \"" + name + "\"");
  }

  private @Nullable Object evaluate(Pipeline pipeline, @Nullable Object dot) {
    Object value = null;
    boolean first = true;
    for (var command : pipeline.commands()) {
      value = command(command, dot, value, first);
      first = false;
    }
    for (var name : pipeline.variables()) {
      bind(name, value, pipeline.assigns());
    }
    return value;
  }

  private @Nullable Object command(List<Operand> command, @Nullable Object dot,
      @Nullable Object piped, boolean first) {
    var head = command.getFirst();
    if (head instanceof Operand.Function(var name)) {
      return function(name, command, dot, piped, first);
    }
    if (command.size() > 1 || !first) {
      throw new TemplateFailure("can't give argument to non-function");
    }
    return value(head, dot);
  }

  private @Nullable Object function(String name, List<Operand> command, @Nullable Object dot,
      @Nullable Object piped, boolean first) {
    if (name.equals("and") || name.equals("or")) {
      // The rest is not looked at once the answer is known.
      Object last = null;
      boolean any = false;
      for (int i = 1; i < command.size(); i++) {
        last = value(command.get(i), dot);
        any = true;
        if (isTrue(last) == name.equals("or")) {
          return last;
        }
      }
      if (!first) {
        return piped;
      }
      if (!any) {
        throw new TemplateFailure("wrong number of args for " + name + ": want at least 1 got 0");
      }
      return last;
    }
    var arguments = new ArrayList<@Nullable Object>();
    for (int i = 1; i < command.size(); i++) {
      arguments.add(value(command.get(i), dot));
    }
    if (!first) {
      arguments.add(piped);
    }
    return functions.call(name, arguments);
  }

  private @Nullable Object value(Operand operand, @Nullable Object dot) {
    return switch (operand) {
      case Operand.Literal(var literal) -> literal;
      case Operand.Nil() -> null;
      case Operand.Dot() -> dot;
      case Operand.Variable(var name) -> variable(name);
      case Operand.Parens(var inner) -> evaluate(inner, dot);
      case Operand.Function(var name) -> function(name, List.of(operand), dot, null, true);
      case Operand.Fields(var of, var names) -> {
        var value = value(of, dot);
        for (var name : names) {
          value = field(value, name);
        }
        yield value;
      }
    };
  }

  private @Nullable Object variable(String name) {
    for (int i = variables.size() - 1; i >= 0; i--) {
      if (variables.get(i).name.equals(name)) {
        return variables.get(i).value;
      }
    }
    throw new TemplateFailure("undefined variable \"" + name + "\"");
  }

  private @Nullable Object field(@Nullable Object of, String name) {
    if (of == root) {
      if (!root.containsKey(name)) {
        throw new TemplateFailure("can't evaluate field " + name + " in type struct");
      }
      return root.get(name);
    }
    return switch (of) {
      case null -> throw new TemplateFailure("nil data; no entry for key \"" + name + "\"");
      case TemplateData.Sample(var labels, double value) -> switch (name) {
        case "Labels" -> labels;
        case "Value" -> value;
        default ->
          throw new TemplateFailure("can't evaluate field " + name + " in type *template.sample");
      };
      case Map<?, ?> map -> {
        // A missing label is its zero value.
        var found = map.get(name);
        yield found == null ? "" : found;
      }
      default -> throw new TemplateFailure("can't evaluate field " + name + " in " + GoText.of(of));
    };
  }

  static boolean isTrue(@Nullable Object value) {
    return switch (value) {
      case null -> false;
      case Boolean truth -> truth;
      case Double number -> number != 0;
      case Long number -> number != 0;
      case String text -> !text.isEmpty();
      case List<?> list -> !list.isEmpty();
      case Map<?, ?> map -> !map.isEmpty();
      default -> true;
    };
  }
}
