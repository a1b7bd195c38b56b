package io.throughline.app;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.management.ManagementFactory;
import javax.management.ObjectName;
import org.junit.jupiter.api.Test;

final class CompilerDirectivesTest {

  @Test
  void thisJvmTakesThemAndKeepsC2FromTheBrokerAlone() throws Exception {
    assertThat(CompilerDirectives.apply()).isTrue();

    try {
      var known = String.valueOf(ask("compilerDirectivesPrint"));
      var ours = known.substring(0, known.indexOf("(default)"));
      assertThat(ours).contains("org/apache/kafka", "c2 directives")
          .doesNotContain("lucene", "store");
      assertThat(ours.substring(ours.indexOf("c2 directives"))).contains("Exclude:true");
      assertThat(ours.substring(0, ours.indexOf("c2 directives"))).contains("Exclude:false");
    } finally {
      ask("compilerDirectivesRemove");
    }
  }

  private static Object ask(String command) throws Exception {
    return ManagementFactory.getPlatformMBeanServer()
        .invoke(new ObjectName("com.sun.management:type=DiagnosticCommand"), command, new Object[0],
            new String[0]);
  }
}
