package io.throughline.app;

import io.throughline.agent.node.NodeAgent;
import io.throughline.agent.node.NodeSettings;
import io.throughline.agent.sidecar.Sidecar;
import io.throughline.agent.sidecar.SidecarSettings;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code agent node} and {@code agent sidecar}: what runs beside the measured things, as its own process. */
@Command(name = "agent", mixinStandardHelpOptions = true,
    description = "Measure a machine or an HTTP service.",
    subcommands = {AgentCommand.NodeCommand.class, AgentCommand.SidecarCommand.class})
final class AgentCommand implements Runnable {
  @Spec
  private @Nullable CommandSpec spec;

  /** The agent's own parser reads the options: it has to work without picocli, on machines that have nothing of ours. */
  @Command(name = "node", mixinStandardHelpOptions = true,
      description = "Measure this machine, its containers and named processes each second.",
      footerHeading = "%nOptions:%n", footer = NodeSettings.USAGE)
  static final class NodeCommand implements Runnable {
    @Spec
    private @Nullable CommandSpec spec;

    @Parameters(arity = "0..*", paramLabel = "OPTION VALUE", hidden = true)
    private List<String> options = List.of();

    @Override
    public void run() {
      try {
        var _ = NodeSettings.parse(options);
        NodeAgent.main(options.toArray(String[]::new));
      } catch (IllegalArgumentException wrong) {
        throw new ParameterException(spec == null ? null : spec.commandLine(),
            String.valueOf(wrong.getMessage()), wrong);
      } catch (InterruptedException interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }

  /** The sidecar's own parser reads the options, as for the node agent. */
  @Command(name = "sidecar", mixinStandardHelpOptions = true,
      description = "Measure an HTTP service from in front of it.", footerHeading = "%nOptions:%n",
      footer = SidecarSettings.USAGE)
  static final class SidecarCommand implements Runnable {
    @Spec
    private @Nullable CommandSpec spec;

    @Parameters(arity = "0..*", paramLabel = "OPTION VALUE", hidden = true)
    private List<String> options = List.of();

    @Override
    public void run() {
      try {
        Sidecar.run(SidecarSettings.parse(options, System.getenv()));
      } catch (IllegalArgumentException wrong) {
        throw new ParameterException(spec == null ? null : spec.commandLine(),
            String.valueOf(wrong.getMessage()), wrong);
      } catch (InterruptedException interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }

  @Override
  public void run() {
    if (spec != null) {
      throw new ParameterException(spec.commandLine(), "want one of node, sidecar");
    }
  }
}
