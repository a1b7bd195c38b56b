package io.throughline.app;

import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code demo}: the knobs of the shop that {@code up --demo} started. */
@Command(name = "demo", mixinStandardHelpOptions = true, description = "Turn the knobs of the shop that up --demo started.")
final class DemoCommand implements Runnable {
  @Spec
  private @Nullable CommandSpec spec;

  @Override
  public void run() {
    if (spec != null) {
      throw new ParameterException(spec.commandLine(), "want: knob …");
    }
  }
}
