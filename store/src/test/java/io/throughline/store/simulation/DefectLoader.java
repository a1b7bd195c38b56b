package io.throughline.store.simulation;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.classfile.ClassFile;
import java.lang.classfile.ClassTransform;
import java.lang.classfile.Opcode;
import java.lang.classfile.instruction.InvokeInstruction;
import java.lang.constant.ClassDesc;
import java.util.function.LongFunction;

/**
 * Loads the store a second time, with one call in one method replaced by a method of {@link
 * PlantedDefects}. So the product has no hook for it.
 */
final class DefectLoader extends ClassLoader {
  private static final String STORE = "io.throughline.store.";
  private static final ClassDesc DEFECTS = ClassDesc.of(PlantedDefects.class.getName());

  private final Defect defect;
  private int planted;

  /**
   * @param in the class, named from the store's package on, and {@code method} in it
   * @param call the called class and method, as {@code disk.Disk.syncFolder}
   * @param replacedBy a method of {@link PlantedDefects} that takes the receiver first
   */
  record Defect(String what, String in, String method, String call, String replacedBy) {
    @Override
    public String toString() {
      return what;
    }
  }

  DefectLoader(Defect defect) {
    super(DefectLoader.class.getClassLoader());
    this.defect = defect;
  }

  /** A scenario among the changed classes. */
  @SuppressWarnings("unchecked")
  LongFunction<String> scenario() throws ReflectiveOperationException {
    return (LongFunction<String>) loadClass(Scenario.class.getName()).getConstructor()
        .newInstance();
  }

  /** How many calls were replaced. */
  int planted() {
    return planted;
  }

  @Override
  protected Class<?> loadClass(String name, boolean resolve) throws ClassNotFoundException {
    if (!name.startsWith(STORE)) {
      return super.loadClass(name, resolve);
    }
    synchronized (getClassLoadingLock(name)) {
      var known = findLoadedClass(name);
      return known == null ? define(name) : known;
    }
  }

  private Class<?> define(String name) throws ClassNotFoundException {
    byte[] bytes;
    try (var in = getResourceAsStream(name.replace('.', '/') + ".class")) {
      if (in == null) {
        throw new ClassNotFoundException(name);
      }
      bytes = in.readAllBytes();
    } catch (IOException failed) {
      throw new UncheckedIOException(failed);
    }
    if (name.equals(STORE + defect.in)) {
      bytes = plant(bytes);
    }
    return defineClass(name, bytes, 0, bytes.length);
  }

  private byte[] plant(byte[] bytes) {
    var file = ClassFile.of();
    return file.transformClass(file.parse(bytes), ClassTransform.transformingMethodBodies(
        method -> method.methodName().equalsString(defect.method), (code, element) -> {
          if (element instanceof InvokeInstruction call && isTheCall(call)) {
            var type = call.typeSymbol();
            code.invokestatic(DEFECTS, defect.replacedBy,
                call.opcode() == Opcode.INVOKESTATIC
                    ? type
                    : type.insertParameterTypes(0, call.owner().asSymbol()));
            planted++;
          } else {
            code.with(element);
          }
        }));
  }

  private boolean isTheCall(InvokeInstruction call) {
    int dot = defect.call.lastIndexOf('.');
    var owner = defect.call.substring(0, dot);
    var wanted = owner.startsWith("java.") ? owner : STORE + owner;
    return call.owner().asInternalName().equals(wanted.replace('.', '/'))
        && call.name().equalsString(defect.call.substring(dot + 1));
  }
}
