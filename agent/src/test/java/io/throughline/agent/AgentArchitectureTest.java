package io.throughline.agent;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.core.importer.ImportOption.DoNotIncludeTests;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;

@AnalyzeClasses(packages = "io.throughline.agent", importOptions = DoNotIncludeTests.class)
class AgentArchitectureTest {

  @ArchTest
  static final ArchRule OTLP_IS_PLAIN_JDK = classes().that()
      .resideInAPackage("io.throughline.agent.otlp")
      .should()
      .onlyDependOnClassesThat()
      .resideInAnyPackage("java.io..", "java.lang..", "java.net", "java.nio..", "java.util..",
          "org.jspecify..", "io.throughline.agent.otlp")
      .because("it is in every small process, on machines that have nothing else of ours");

  @ArchTest
  static final ArchRule THE_NODE_AGENT_IS_PLAIN_JDK = classes().that()
      .resideInAPackage("io.throughline.agent.node")
      .should()
      .onlyDependOnClassesThat()
      .resideInAnyPackage("java.io..", "java.lang..", "java.net", "java.nio..", "java.time..",
          "java.util..", "org.jspecify..", "io.throughline.agent.otlp", "io.throughline.agent.node")
      .because("it runs on every machine there is and must stay small");

  @ArchTest
  static final ArchRule THE_NODE_AGENT_DOES_NOT_LOAD_THE_HTTP_CLIENT = noClasses().that()
      .resideInAnyPackage("io.throughline.agent.node", "io.throughline.agent.otlp")
      .should()
      .dependOnClassesThat()
      .resideInAnyPackage("java.net.http..", "java.lang.management..", "java.util.logging..")
      .because("each of these costs megabytes of the agent's forty-five");
}
