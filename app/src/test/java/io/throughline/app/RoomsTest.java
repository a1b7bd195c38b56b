package io.throughline.app;

import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.lang.conditions.ArchConditions.dependOnClassesThat;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;
import com.tngtech.archunit.library.dependencies.SlicesRuleDefinition;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.NullMarked;

/** The walls of docs/architecture.md, section 2: each row of its table, and what each sign says must not be known. */
@AnalyzeClasses(packages = "io.throughline", importOptions = ImportOption.DoNotIncludeTests.class)
class RoomsTest {

  @ArchTest
  static final ArchRule MODEL_KNOWS_NO_ROOM = room("model")
      .because("it is the vocabulary all rooms share");

  @ArchTest
  static final ArchRule STORE_KNOWS_THE_MODEL_ALONE = room("store", "model")
      .because("bytes stay readable by a tool that has no Kafka, HTTP or query engine");

  @ArchTest
  static final ArchRule AGENT_KNOWS_THE_MODEL_ALONE = room("agent", "model")
      .because("it runs on machines that have nothing else of ours");

  @ArchTest
  static final ArchRule COLLECTOR_KNOWS_THE_MODEL_ALONE = room("collector", "model")
      .because("whatever can refuse a sample does so before Kafka, without asking what is stored");

  @ArchTest
  static final ArchRule INGEST_KNOWS_MODEL_AND_STORE = room("ingest", "model", "store")
      .because("it meets queries in the store alone");

  @ArchTest
  static final ArchRule QUERY_KNOWS_MODEL_AND_STORE = room("query", "model", "store")
      .because("it meets ingest in the store alone");

  @ArchTest
  static final ArchRule RULES_KNOW_MODEL_STORE_AND_QUERY = room("rules", "model", "store", "query")
      .because("they ask as any reader does; what they write goes through the door they are given");

  @ArchTest
  static final ArchRule KUBERNETES_KNOWS_MODEL_AND_COLLECTOR = room("kubernetes", "model",
      "collector").allowEmptyShould(true)
      .because("it is found as a service and may be left out of a build");

  @ArchTest
  static final ArchRule RULES_HAVE_NO_KAFKA = without("rules", "org.apache.kafka..", "kafka..")
      .because("results pass admission like any sample; where state is kept is the app's to say");

  @ArchTest
  static final ArchRule BROKER_KNOWS_NO_ROOM = room("broker")
      .because("Kafka is a thing of its own; what records hold is not its business");

  @ArchTest
  static final ArchRule STORE_IS_A_LIBRARY = without("store", "org.apache.kafka..", "kafka..",
      "io.vertx..", "io.opentelemetry..", "com.google.protobuf..")
      .because("a store can be opened by a tool that has none of them");

  @ArchTest
  static final ArchRule MODEL_IS_PLAIN = without("model", "org.apache.kafka..", "kafka..",
      "io.vertx..", "io.opentelemetry..", "org.apache.lucene..")
      .because("its words outlive any library that carries them");

  @ArchTest
  static final ArchRule QUERY_HAS_NO_KAFKA = without("query", "org.apache.kafka..", "kafka..")
      .because("what it writes goes through the collector's door, never past admission");

  @ArchTest
  static final ArchRule COLLECTOR_HAS_NO_LUCENE = without("collector", "org.apache.lucene..")
      .because("it knows no store");

  @ArchTest
  static final ArchRule THE_NODE_AGENT_IS_PLAIN_JAVA = noClasses().that()
      .resideInAnyPackage("io.throughline.agent.node..", "io.throughline.agent.otlp..")
      .should(dependOnClassesThat(DescribedPredicate.not(resideInAnyPackage("java..",
          "io.throughline.agent..", "io.throughline.model..", "org.jspecify.."))))
      .because("it runs on every machine there is and has to stay small");

  @ArchTest
  static final ArchRule TWO_CLASSES_TOUCH_KAFKAS_SERVER = noClasses().that()
      .haveNameNotMatching("io\\.throughline\\.broker\\.(EmbeddedBroker|KafkaNode)(\\$.*)?")
      .should(dependOnClassesThat(resideInAnyPackage("kafka..", "org.apache.kafka.server..",
          "org.apache.kafka.metadata..")))
      .because("they are Kafka's internals and change between releases");

  @ArchTest
  static final ArchRule ROOMS_HAVE_NO_CYCLES = SlicesRuleDefinition.slices()
      .matching("io.throughline.(*)..")
      .should()
      .beFreeOfCycles();

  @ArchTest
  static final ArchRule EVERY_PACKAGE_IS_NULL_MARKED = classes().that()
      .haveSimpleName("package-info")
      .should()
      .beAnnotatedWith(NullMarked.class);

  /** Classes of a room know the JDK, libraries, themselves and the rooms named. */
  private static ArchRule room(String room, String... mayKnow) {
    var others = new ArrayList<>(List.of("model", "broker", "testkit", "store", "agent",
        "collector", "ingest", "query", "rules", "kubernetes", "app", "bench"));
    others.remove(room);
    others.removeAll(List.of(mayKnow));
    DescribedPredicate<JavaClass> unknown = resideInAnyPackage(
        others.stream().map(other -> "io.throughline." + other + "..").toArray(String[]::new));
    return noClasses().that(resideInAPackage("io.throughline." + room + ".."))
        .should(dependOnClassesThat(unknown));
  }

  private static ArchRule without(String room, String... packages) {
    return noClasses().that(resideInAPackage("io.throughline." + room + ".."))
        .should(dependOnClassesThat(resideInAnyPackage(packages)));
  }
}
