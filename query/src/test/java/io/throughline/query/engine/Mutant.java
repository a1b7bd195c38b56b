package io.throughline.query.engine;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.classfile.ClassFile;
import java.lang.classfile.ClassTransform;
import java.lang.classfile.CodeBuilder;
import java.lang.classfile.CodeElement;
import java.lang.classfile.CodeTransform;
import java.lang.classfile.MethodModel;
import java.lang.classfile.Opcode;
import java.lang.classfile.instruction.BranchInstruction;
import java.lang.classfile.instruction.ConstantInstruction;
import java.lang.classfile.instruction.OperatorInstruction;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * A copy of the engine with one instruction changed: a comparison that takes or leaves the edge, or says the opposite, a
 * sum that is a difference, a constant that is another. The classes of the language and of its tests are loaded anew from
 * their files, so the real engine stays as it is.
 *
 * <p>Instructions are counted from 0 within all methods of one name, only those that can be changed.
 */
final class Mutant extends ClassLoader {

  /** Where the change is made and how. */
  record Place(String type, String method, int ordinal, String change) {
    @Override
    public String toString() {
      return type + "." + method + " " + ordinal + " " + change;
    }
  }

  private static final String ENGINE = "io.throughline.query.engine.";
  private static final String LANGUAGE = "io.throughline.query.";

  private static final Map<Opcode, Opcode> EDGES = Map.of(Opcode.IFLT, Opcode.IFLE, Opcode.IFLE,
      Opcode.IFLT, Opcode.IFGT, Opcode.IFGE, Opcode.IFGE, Opcode.IFGT, Opcode.IF_ICMPLT,
      Opcode.IF_ICMPLE, Opcode.IF_ICMPLE, Opcode.IF_ICMPLT, Opcode.IF_ICMPGT, Opcode.IF_ICMPGE,
      Opcode.IF_ICMPGE, Opcode.IF_ICMPGT);

  private static final Map<Opcode, Opcode> OPPOSITES = Map.of(Opcode.IFEQ, Opcode.IFNE, Opcode.IFNE,
      Opcode.IFEQ, Opcode.IFNULL, Opcode.IFNONNULL, Opcode.IFNONNULL, Opcode.IFNULL,
      Opcode.IF_ACMPEQ, Opcode.IF_ACMPNE, Opcode.IF_ACMPNE, Opcode.IF_ACMPEQ);

  private static final Map<Opcode, Opcode> OPERATORS = Map.of(Opcode.DADD, Opcode.DSUB, Opcode.DSUB,
      Opcode.DADD, Opcode.DMUL, Opcode.DDIV, Opcode.DDIV, Opcode.DMUL, Opcode.LADD, Opcode.LSUB,
      Opcode.LSUB, Opcode.LADD, Opcode.IADD, Opcode.ISUB, Opcode.ISUB, Opcode.IADD);

  private final @Nullable Place place;

  Mutant(@Nullable Place place) {
    super(Mutant.class.getClassLoader());
    this.place = place;
  }

  @Override
  protected Class<?> loadClass(String name, boolean resolve) throws ClassNotFoundException {
    if (!name.startsWith(LANGUAGE)) {
      return super.loadClass(name, resolve);
    }
    synchronized (getClassLoadingLock(name)) {
      Class<?> known = findLoadedClass(name);
      if (known != null) {
        return known;
      }
      var bytes = bytes(name);
      if (place != null && name.equals(ENGINE + place.type())) {
        bytes = changed(bytes, place);
      }
      return defineClass(name, bytes, 0, bytes.length);
    }
  }

  private static byte[] bytes(String name) {
    try (var in = Mutant.class.getClassLoader()
        .getResourceAsStream(name.replace('.', '/') + ".class")) {
      if (in == null) {
        throw new IllegalArgumentException("no class " + name);
      }
      return in.readAllBytes();
    } catch (IOException unreadable) {
      throw new UncheckedIOException(unreadable);
    }
  }

  private static String change(CodeElement element) {
    return switch (element) {
      case BranchInstruction branch -> EDGES.containsKey(branch.opcode())
          ? "edge"
          : OPPOSITES.containsKey(branch.opcode()) ? "opposite" : "";
      case OperatorInstruction operator ->
        OPERATORS.containsKey(operator.opcode()) ? "operator" : "";
      case ConstantInstruction constant ->
        constant.constantValue() instanceof Double ? "constant" : "";
      default -> "";
    };
  }

  private static void replace(CodeBuilder builder, CodeElement element) {
    switch (element) {
      case BranchInstruction branch ->
        builder.with(BranchInstruction.of(EDGES.containsKey(branch.opcode())
            ? EDGES.get(branch.opcode())
            : OPPOSITES.get(branch.opcode()), branch.target()));
      case OperatorInstruction operator ->
        builder.with(OperatorInstruction.of(OPERATORS.get(operator.opcode())));
      case ConstantInstruction constant ->
        builder.loadConstant(((Double) constant.constantValue()) * 1.5 + 0.25);
      default -> builder.with(element);
    }
  }

  /** Every place of a class where something can be changed. */
  static List<Place> places(String type) {
    var places = new ArrayList<Place>();
    var model = ClassFile.of().parse(bytes(ENGINE + type));
    var counts = new HashMap<String, Integer>();
    for (var method : model.methods()) {
      var name = method.methodName().stringValue();
      method.code().ifPresent(code -> code.forEach(element -> {
        var change = change(element);
        if (!change.isEmpty()) {
          places.add(new Place(type, name, counts.merge(name, 1, Integer::sum) - 1, change));
        }
      }));
    }
    return places;
  }

  private static byte[] changed(byte[] bytes, Place place) {
    int[] next = {0};
    boolean[] done = {false};
    CodeTransform code = (builder, element) -> {
      if (!change(element).isEmpty() && next[0]++ == place.ordinal()) {
        done[0] = true;
        replace(builder, element);
      } else {
        builder.with(element);
      }
    };
    Predicate<MethodModel> wanted = method -> method.methodName().equalsString(place.method());
    var classes = ClassFile.of();
    var changed = classes.transformClass(classes.parse(bytes),
        ClassTransform.transformingMethodBodies(wanted, code));
    if (!done[0]) {
      throw new IllegalArgumentException("nothing to change at " + place);
    }
    return changed;
  }
}
