package io.throughline.app;

import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import javax.management.JMException;
import javax.management.ObjectName;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Tells the JVM which code is not worth its optimising compiler (decision 0011): half of what that compiler did
 * in a process's first minute was Kafka's and Netty's code, which ran no faster for it. Through the JVM's own
 * management bean, because the flag for the same says so on the standard output, which belongs to the command.
 */
final class CompilerDirectives {
  private static final Logger LOG = LoggerFactory.getLogger(CompilerDirectives.class);
  private static final String RESOURCE = "compiler-directives.json";

  private CompilerDirectives() {}

  /**
   * To be called before what it is about runs. A JVM without such directives compiles everything.
   *
   * @return whether the JVM took them
   */
  static boolean apply() {
    try (var resource = CompilerDirectives.class.getResourceAsStream(RESOURCE)) {
      if (resource == null) {
        throw new IOException("it is not in the jar");
      }
      var file = Files.createTempFile("throughline-", "-" + RESOURCE);
      try {
        Files.write(file, resource.readAllBytes());
        var said = ManagementFactory.getPlatformMBeanServer()
            .invoke(new ObjectName("com.sun.management:type=DiagnosticCommand"),
                "compilerDirectivesAdd", new Object[] {new String[] {file.toString()}},
                new String[] {String[].class.getName()});
        if (!String.valueOf(said).contains("directives added")) {
          throw new IOException(String.valueOf(said).strip());
        }
        return true;
      } finally {
        Files.deleteIfExists(file);
      }
    } catch (JMException | IOException unknown) {
      LOG.info("no compiler directives, a start costs some more CPU: {}", unknown.toString());
      return false;
    }
  }
}
