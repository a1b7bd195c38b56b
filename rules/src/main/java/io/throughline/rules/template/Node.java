package io.throughline.rules.template;

import java.util.List;
import org.jspecify.annotations.Nullable;

/** A node of a template's tree. */
sealed interface Node {

  record Text(String text) implements Node {}

  /** {@code {{pipeline}}}: prints its value, unless it declares or assigns. */
  record Action(Pipeline pipeline) implements Node {}

  record If(Pipeline condition, List<Node> then, List<Node> otherwise) implements Node {}

  record With(Pipeline value, List<Node> then, List<Node> otherwise) implements Node {}

  record Range(Pipeline over, List<Node> body, List<Node> otherwise) implements Node {}

  record Call(String template, @Nullable Pipeline argument) implements Node {}

  record Break() implements Node {}

  record Continue() implements Node {}

  /**
   * Commands, each of which gets the value of the one before as its last argument.
   *
   * @param variables declared or, with {@code assigns}, set; at most two, and two only in a range
   */
  record Pipeline(List<String> variables, boolean assigns, List<List<Operand>> commands) {}

  /** An operand of a command. */
  sealed interface Operand {
    record Literal(Object value) implements Operand {}

    record Nil() implements Operand {}

    record Dot() implements Operand {}

    record Function(String name) implements Operand {}

    record Variable(String name) implements Operand {}

    record Parens(Pipeline inner) implements Operand {}

    /** Fields of another operand, one inside the other. */
    record Fields(Operand of, List<String> names) implements Operand {}
  }
}
