package io.throughline.helm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.marcnuri.helm.Helm;
import com.marcnuri.helm.LintResult;
import com.marcnuri.helm.TemplateCommand;
import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.Service;
import io.fabric8.kubernetes.api.model.ServiceAccount;
import io.fabric8.kubernetes.api.model.apps.DaemonSet;
import io.fabric8.kubernetes.api.model.apps.StatefulSet;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicy;
import io.fabric8.kubernetes.api.model.rbac.ClusterRole;
import io.fabric8.kubernetes.api.model.rbac.ClusterRoleBinding;
import io.fabric8.kubernetes.client.utils.KubernetesSerialization;
import java.lang.reflect.Method;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class ChartTest {

  private static final Path CHART = Path.of("throughline").toAbsolutePath();
  private static final KubernetesSerialization MODEL = new KubernetesSerialization();

  @TempDir
  private Path folder;

  static Stream<Arguments> valueSets() {
    return Stream.of(Arguments.of("defaults", ""),
        Arguments.of("everything on",
            """
                image: {repository: registry.example/throughline, tag: "1.2.3", pullPolicy: Always}
                imagePullSecrets: [{name: pull}]
                server:
                  retention: "0"
                  allowedHosts: [observe.example]
                  nodeSelector: {disk: fast}
                  tolerations: [{key: dedicated, operator: Exists, effect: NoSchedule}]
                  affinity: {nodeAffinity: {requiredDuringSchedulingIgnoredDuringExecution: {nodeSelectorTerms: [{matchExpressions: [{key: a, operator: In, values: [b]}]}]}}}
                  podAnnotations: {note: "x"}
                  persistence: {size: 1Ti, storageClass: fast, whenDeleted: Delete}
                service: {type: LoadBalancer, annotations: {a: b}, httpPort: 80}
                nodeAgent:
                  interval: 500ms
                  cgroupGlobs: ["/system.slice/*.service"]
                  rootFileSystem: true
                  priorityClassName: system-node-critical
                  nodeSelector: {kubernetes.io/os: linux}
                  podAnnotations: {note: "yes"}
                serviceAccount: {name: own, annotations: {role: none}}
                networkPolicy: {enabled: true, from: [{podSelector: {matchLabels: {app: web}}}]}
                """),
        Arguments.of("everything off", """
            nodeAgent: {enabled: false}
            sidecar: {configMap: false}
            serviceAccount: {create: false}
            discovery: {kubernetes: false}
            networkPolicy: {enabled: true}
            server: {resources: {}}
            """), Arguments.of("a long name", "fullnameOverride: " + "n".repeat(52) + "\n"));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("valueSets")
  void everyManifestIsWhatKubernetesKnows(String name, String values) throws Exception {
    List<HasMetadata> manifests = render(values);

    assertThat(manifests).as(name).isNotEmpty();
    for (HasMetadata manifest : manifests) {
      var unknown = new ArrayList<String>();
      collectUnknown(manifest, manifest.getKind(), unknown);
      assertThat(unknown).isEmpty();
      assertThat(manifest.getMetadata().getName()).hasSizeLessThanOrEqualTo(63);
      assertThat(manifest.getMetadata().getLabels()).containsKeys("app.kubernetes.io/name",
          "app.kubernetes.io/instance", "app.kubernetes.io/managed-by");
    }
  }

  @Test
  void aFieldThatKubernetesDoesNotKnowWouldBeFound() throws Exception {
    HasMetadata manifest = (HasMetadata) MODEL.unmarshal("""
        apiVersion: v1
        kind: Service
        metadata: {name: x}
        spec: {ports: [{port: 1, tragetPort: 2}]}
        """);
    var unknown = new ArrayList<String>();

    collectUnknown(manifest, "Service", unknown);

    assertThat(unknown).containsExactly("Service.Spec.Ports[0].tragetPort");
  }

  @Test
  void theChartPassesHelmsStrictLint() {
    LintResult result = new Helm(CHART).lint().strict().call();

    assertThat(result.getMessages())
        .allMatch(m -> !m.contains("[WARNING]") && !m.contains("[ERROR]"));
    assertThat(result.isFailed()).isFalse();
  }

  @Test
  void whatSelectsPodsMatchesTheirLabels() throws Exception {
    List<HasMetadata> manifests = render("networkPolicy: {enabled: true}");
    StatefulSet server = only(manifests, StatefulSet.class);
    Map<String, String> serverLabels = server.getSpec().getTemplate().getMetadata().getLabels();
    DaemonSet agent = only(manifests, DaemonSet.class);

    assertThat(serverLabels).containsAllEntriesOf(server.getSpec().getSelector().getMatchLabels())
        .containsAllEntriesOf(
            only(manifests, NetworkPolicy.class).getSpec().getPodSelector().getMatchLabels());
    for (HasMetadata manifest : manifests) {
      if (manifest instanceof Service service) {
        assertThat(serverLabels).containsAllEntriesOf(service.getSpec().getSelector());
        assertThat(agent.getSpec().getTemplate().getMetadata().getLabels().entrySet())
            .doesNotContainSequence(service.getSpec().getSelector().entrySet());
      }
    }
    assertThat(
        manifests.stream().filter(m -> m instanceof Service).map(m -> m.getMetadata().getName()))
        .contains(server.getSpec().getServiceName());
  }

  @Test
  void theNodeAgentReadsTheNodeReadOnlyAndOnEveryNode() throws Exception {
    DaemonSet agent = only(render(""), DaemonSet.class);
    var pod = agent.getSpec().getTemplate().getSpec();
    Container container = pod.getContainers().getFirst();

    assertThat(
        container.getVolumeMounts().stream().filter(m -> m.getMountPath().startsWith("/host")))
        .hasSize(2)
        .allMatch(m -> Boolean.TRUE.equals(m.getReadOnly()));
    assertThat(pod.getTolerations()).singleElement()
        .satisfies(t -> assertThat(t.getOperator()).isEqualTo("Exists"));
    assertThat(container.getSecurityContext().getCapabilities().getDrop()).containsExactly("ALL");
    assertThat(container.getArgs()).containsSequence("--endpoint",
        "http://release-throughline.observe.svc:4318");
  }

  @Test
  void theServerAloneMayListAndWatchWhatRunsWhereAndChangeNothing() throws Exception {
    List<HasMetadata> manifests = render("");
    var role = only(manifests, ClusterRole.class);
    var binding = only(manifests, ClusterRoleBinding.class);
    var server = only(manifests, StatefulSet.class).getSpec().getTemplate().getSpec();
    var agent = only(manifests, DaemonSet.class).getSpec().getTemplate().getSpec();

    var verbsOf = new TreeMap<String, List<String>>();
    for (var rule : role.getRules()) {
      for (var resource : rule.getResources()) {
        verbsOf.put(rule.getApiGroups().getFirst() + "/" + resource, rule.getVerbs());
      }
    }
    for (var watched : List.of("/pods", "/nodes", "/services", "/persistentvolumeclaims",
        "apps/deployments", "apps/replicasets", "apps/statefulsets", "apps/daemonsets")) {
      assertThat(verbsOf).containsEntry(watched, List.of("list", "watch"));
    }
    for (var kind : List.of("deployments", "statefulsets", "daemonsets")) {
      assertThat(verbsOf).containsEntry("metrics.smi-spec.io/" + kind + "/edges",
          List.of("get", "list"));
    }
    assertThat(verbsOf.values())
        .allSatisfy(verbs -> assertThat(verbs).isSubsetOf("get", "list", "watch"));
    assertThat(verbsOf.keySet()).noneMatch(name -> name.contains("*") || name.contains("secrets"));
    assertThat(binding.getRoleRef().getName()).isEqualTo(role.getMetadata().getName());
    assertThat(binding.getSubjects()).singleElement().satisfies(subject -> {
      assertThat(subject.getName()).isEqualTo(server.getServiceAccountName());
      assertThat(subject.getNamespace()).isEqualTo("observe");
    });
    assertThat(server.getAutomountServiceAccountToken()).isTrue();
    assertThat(agent.getServiceAccountName()).isNotEqualTo(server.getServiceAccountName());
    assertThat(agent.getAutomountServiceAccountToken()).isFalse();
    assertThat(manifests.stream()
        .filter(m -> m instanceof ServiceAccount)
        .map(m -> m.getMetadata().getName()))
        .containsExactlyInAnyOrder(agent.getServiceAccountName(), server.getServiceAccountName());
  }

  @Test
  void withoutDiscoveryNobodyGetsARoleOrATokenAndTheServerDoesNotAsk() throws Exception {
    List<HasMetadata> manifests = render("discovery: {kubernetes: false}");

    assertThat(manifests)
        .noneMatch(m -> m instanceof ClusterRole || m instanceof ClusterRoleBinding);
    assertThat(only(manifests, StatefulSet.class).getSpec()
        .getTemplate()
        .getSpec()
        .getAutomountServiceAccountToken()).isFalse();
    assertThat(manifests.stream().filter(m -> m instanceof ServiceAccount)).hasSize(1);
    assertThat(settings(manifests)).contains("kubernetes: \"off\"");
    assertThat(settings(render(""))).contains("kubernetes: \"auto\"");
  }

  @Test
  void aClusterWithoutAMeshNeedsNoRightToItsMetrics() throws Exception {
    var role = only(render("discovery: {trafficMetrics: false}"), ClusterRole.class);

    assertThat(role.getRules())
        .noneMatch(rule -> rule.getApiGroups().contains("metrics.smi-spec.io")
            || rule.getResources().contains("namespaces"));
  }

  private static String settings(List<HasMetadata> manifests) {
    return manifests.stream()
        .filter(
            m -> m instanceof ConfigMap && m.getMetadata().getName().equals("release-throughline"))
        .map(m -> ((ConfigMap) m).getData().get("throughline.yaml"))
        .findFirst()
        .orElseThrow();
  }

  @Test
  void theServerLetsItselfBeAskedForByTheNamesOfItsService() throws Exception {
    assertThat(settings(render("server: {allowedHosts: [observe.example]}"))).contains(
        "\"release-throughline.observe.svc\"", "\"observe.example\"", "retention: \"15d\"",
        "agent: false");
  }

  @Test
  void theSidecarIsAContainerThatKnowsItsPod() throws Exception {
    ConfigMap config = render("").stream()
        .filter(m -> m instanceof ConfigMap && m.getMetadata().getName().endsWith("-sidecar"))
        .map(m -> (ConfigMap) m)
        .findFirst()
        .orElseThrow();

    List<?> containers = MODEL.unmarshal(config.getData().get("container.yaml"), List.class);
    Container container = MODEL.convertValue(containers.getFirst(), Container.class);

    var unknown = new ArrayList<String>();
    collectUnknown(container, "Container", unknown);
    assertThat(unknown).isEmpty();
    assertThat(container.getArgs()).containsSequence("--upstream", "127.0.0.1:8080")
        .containsSequence("--instance", "$(POD_NAME)");
    assertThat(container.getEnv().stream().map(e -> e.getName())).contains("POD_UID",
        "OTEL_RESOURCE_ATTRIBUTES", "THROUGHLINE_HOST_ID");
  }

  @Test
  void valuesThatAreWrongAreRefusedByName() {
    assertThatThrownBy(() -> render("nodeAgent: {interval: often}"))
        .hasStackTraceContaining("interval");
    assertThatThrownBy(() -> render("sever: {}")).hasStackTraceContaining("sever");
    assertThatThrownBy(() -> render("service: {httpPort: 70000}"))
        .hasStackTraceContaining("httpPort");
  }

  private List<HasMetadata> render(String values) throws Exception {
    TemplateCommand command = new Helm(CHART).template()
        .withName("release")
        .withNamespace("observe")
        .withKubeVersion("1.30.0");
    if (!values.isEmpty()) {
      command.withValuesFile(Files.writeString(folder.resolve("values.yaml"), values));
    }
    var manifests = new ArrayList<HasMetadata>();
    for (String document : command.call().split("(?m)^---$", -1)) {
      if (document.lines().anyMatch(line -> !line.isBlank() && !line.startsWith("#"))) {
        manifests.add((HasMetadata) MODEL.unmarshal(document));
      }
    }
    return manifests;
  }

  private static <T> T only(List<HasMetadata> manifests, Class<T> type) {
    List<T> found = manifests.stream().filter(type::isInstance).map(type::cast).toList();
    assertThat(found).hasSize(1);
    return found.getFirst();
  }

  /** Fields that the model does not know land in its objects' additional properties. */
  private static void collectUnknown(@Nullable Object value, String path, List<String> unknown)
      throws ReflectiveOperationException {
    switch (value) {
      case null -> {
        return;
      }
      case Collection<?> many -> {
        int i = 0;
        for (Object one : many) {
          collectUnknown(one, path + "[" + i++ + "]", unknown);
        }
      }
      case Map<?, ?> map -> {
        for (Map.Entry<?, ?> entry : map.entrySet()) {
          collectUnknown(entry.getValue(), path + "." + entry.getKey(), unknown);
        }
      }
      default -> {
        if (!value.getClass().getName().startsWith("io.fabric8.kubernetes.api.model")) {
          return;
        }
        for (Method method : value.getClass().getMethods()) {
          if (method.getName().startsWith("get") && method.getParameterCount() == 0
              && method.getDeclaringClass() != Object.class) {
            Object child = method.invoke(value);
            if (method.getName().equals("getAdditionalProperties")) {
              ((Map<?, ?>) child).keySet().forEach(key -> unknown.add(path + "." + key));
            } else {
              collectUnknown(child, path + "." + method.getName().substring(3), unknown);
            }
          }
        }
      }
    }
  }
}
