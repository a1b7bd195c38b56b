package io.throughline.app;

import static org.assertj.core.api.Assertions.assertThat;

import io.throughline.app.settings.Settings;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine;

class CommandLineTest {
  private final StringWriter err = new StringWriter();
  private final StringWriter out = new StringWriter();
  private final CommandLine line = Main.commandLine()
      .setErr(new PrintWriter(err))
      .setOut(new PrintWriter(out));

  @ParameterizedTest
  @CsvSource(delimiter = '|', quoteCharacter = '"',
      textBlock = """
          up --listen here                | listen: 'here' is not an address, want HOST:PORT
          up --listen 127.0.0.1:70000     | is not an address
          up --retention soon             | 'soon' is not a duration, want one like 15d, 1h30m, 500ms or 0
          up --partitions many            | 'many' is not an int
          up --partitions -3              | partitions is -3, want 0 to 4096
          up --kafka nowhere              | 'nowhere' is not an address
          up --otlp-grpc yes              | 'yes' is not an address
          up --nonsense                   | unknown option '--nonsense'
          up extra                        | unknown argument 'extra'
          agent node --endpoint           | --endpoint: its value is missing
          agent node --nonsense 1         | unknown option --nonsense
          agent sidecar --listen 127.0.0.1:0 | --upstream HOST:PORT is missing
          demo knob cpu checkout          | VALUE is missing
          demo                            | want one of knob, status
          rules                           | want one of check, test
          rules check                     | FILE is missing
          upp                             | unknown command 'upp'
          query up --url here             | --url is 'here', want one as http://127.0.0.1:7070
          ""                              | a command is missing
          """)
  void aBadOptionIsOneLineAndExitCode2(String arguments, String message) {
    int code = line.execute(arguments.isEmpty() ? new String[0] : arguments.split(" "));

    assertThat(code).isEqualTo(2);
    assertThat(err.toString()).startsWith("throughline: ").contains(message);
    assertThat(err.toString().lines()).hasSize(1);
  }

  @ParameterizedTest
  @ValueSource(strings = {"up", "agent", "agent node", "agent sidecar", "demo", "demo knob",
      "demo status", "query", "rules", "rules check", "rules test", "version"})
  void everyCommandHasHelp(String command) {
    var arguments = (command + " --help").split(" ");

    assertThat(line.execute(arguments)).isZero();
    assertThat(out.toString()).contains("Usage: throughline " + command).contains("--help");
  }

  @ParameterizedTest
  @ValueSource(strings = {"1.5g", "much", "12x", "g", "1g2", "-1g"})
  void theLauncherSaysWhatALimitOfTheHeapIs(String heap) throws Exception {
    var builder = new ProcessBuilder("bash", "../throughline", "version").redirectErrorStream(true);
    builder.environment().put("THROUGHLINE_HEAP", heap);
    builder.environment().put("THROUGHLINE_NO_BUILD", "1");
    var version = builder.start();

    var text = new String(version.getInputStream().readAllBytes(), StandardCharsets.UTF_8);

    assertThat(version.waitFor()).isEqualTo(2);
    assertThat(text).isEqualTo("throughline: THROUGHLINE_HEAP is '" + heap
        + "', want a whole number and k, m, g or t, such as 1536m\n");
  }

  @Test
  void theLaunchersHelpNamesEveryCommand() throws Exception {
    var help = new ProcessBuilder("bash", "../throughline", "help").redirectErrorStream(true)
        .start();

    var text = new String(help.getInputStream().readAllBytes(), StandardCharsets.UTF_8);

    assertThat(help.waitFor()).isZero();
    Main.commandLine()
        .getSubcommands()
        .values()
        .stream()
        .filter(command -> !command.getCommandSpec().usageMessage().hidden())
        .forEach(command -> assertThat(text)
            .containsPattern("(^|\\s)" + command.getCommandName() + "\\b"));
  }

  @Test
  void helpOfUpNamesEveryOption() {
    assertThat(line.execute("up", "--help")).isZero();

    assertThat(out.toString()).contains("--listen", "--otlp-grpc", "--otlp-http", "--data",
        "--kafka=", "--kafka-properties", "--kafka-fsync", "--partitions", "--retention",
        "--config", "--demo", "--no-agent");
  }

  @Test
  void optionsWinOverTheFile(@TempDir Path folder) throws Exception {
    var file = Files.writeString(folder.resolve("up.yaml"),
        "data: /from/file\nstore: {retention: 1d}\nhttp: {listen: '127.0.0.1:1'}\n");
    var up = new UpCommand();
    new CommandLine(up).parseArgs("--config", file.toString(), "--retention", "2h", "--listen",
        "127.0.0.1:2", "--otlp-http", "off", "--no-agent", "--kafka", "one:9092,two:9092");

    var settings = up.settings();

    assertThat(settings.data()).isEqualTo(Path.of("/from/file"));
    assertThat(settings.store().retention()).isEqualTo(Duration.ofHours(2));
    assertThat(settings.http().listen()).isEqualTo("127.0.0.1:2");
    assertThat(settings.http().otlpHttp()).isEqualTo("off");
    assertThat(settings.http().otlpGrpc()).isEqualTo(Settings.DEFAULTS.http().otlpGrpc());
    assertThat(settings.self().agent()).isFalse();
    assertThat(settings.kafka().embedded()).isFalse();
    assertThat(settings.kafka().partitionCount()).isEqualTo(64);
  }

  @Test
  void rulesCheckCountsWhatIsGoodAndNamesEachMistake(@TempDir Path folder) throws Exception {
    var good = Files.writeString(folder.resolve("good.yml"),
        "groups: [{name: a, rules: [{record: b, expr: up}]}]\n");
    var two = Files.writeString(folder.resolve("two.yml"),
        "groups: [{name: a, rules: [{record: b, expr: up}]}, "
            + "{name: b, rules: [{record: c, expr: up}]}]\n");
    var bad = Files.writeString(folder.resolve("bad.yml"),
        "groups: [{name: a, rules: [{record: b, expr: 'sum('}]}]\n");

    assertThat(line.execute("rules", "check", good.toString(), two.toString())).isZero();
    assertThat(line.execute("rules", "check", good.toString(), bad.toString())).isEqualTo(1);

    assertThat(out.toString()).contains("good.yml: 1 rule in 1 group\n",
        "two.yml: 2 rules in 2 groups\n");
    assertThat(err.toString()).contains("bad.yml:1:46: rule \"b\": expr: could not parse");
  }

  /** Nobody listens on port 9, and no folder lies in a device. */
  @ParameterizedTest
  @CsvSource(delimiter = '|',
      textBlock = """
          up --config /nowhere/up.yaml      | cannot read /nowhere/up.yaml (--config): there is no such file or folder
          up --data /dev/null               | cannot make the data directory /dev/null (--data): it is not a folder
          query up --url http://127.0.0.1:9 | cannot ask http://127.0.0.1:9 (--url): connection refused; is './throughline up' running there?
          snapshot --url http://127.0.0.1:9 | cannot ask http://127.0.0.1:9 (--url): connection refused; is './throughline up' running there?
          import openmetrics /nowhere       | /nowhere: there is no such file or folder
          import prometheus /nowhere        | folder /nowhere is no block of Prometheus and holds none
          restore /nowhere                  | folder /nowhere is no snapshot
          demo status --data /nowhere       | no demo runs on /nowhere; start one with: throughline up --demo --data /nowhere
          """)
  void whatIsNotThereIsNamedInOneLineWithExitCode1(String arguments, String message) {
    int code = line.execute(arguments.split(" "));

    assertThat(code).isEqualTo(1);
    assertThat(err.toString()).startsWith("throughline: " + message);
    assertThat(err.toString().lines()).hasSize(1);
  }
}
