package io.throughline.kubernetes;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.StatusBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.server.mock.KubernetesMixedDispatcher;
import io.fabric8.kubernetes.client.server.mock.KubernetesMockServer;
import io.fabric8.mockwebserver.Context;
import io.fabric8.mockwebserver.MockWebServer;
import io.fabric8.mockwebserver.ServerRequest;
import io.fabric8.mockwebserver.ServerResponse;
import io.throughline.collector.discover.Source.Told;
import io.throughline.model.Failure;
import io.throughline.testkit.Await;
import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.Map;
import java.util.Queue;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A small shop on a real HTTP server that answers, lists and watches as Kubernetes' API does. */
class KubernetesSourceTest {
  private static final String SHOP = """
      apiVersion: v1
      kind: Node
      metadata: {name: n1, labels: {topology.kubernetes.io/region: north}}
      status:
        addresses: [{type: Hostname, address: n1}, {type: InternalIP, address: 10.0.0.5}]
        nodeInfo: {kernelVersion: 6.12.1}
      ---
      apiVersion: apps/v1
      kind: Deployment
      metadata: {name: cart, namespace: shop}
      spec: {replicas: 2, selector: {matchLabels: {app: cart}}, template: {}}
      status: {availableReplicas: 1}
      ---
      apiVersion: apps/v1
      kind: ReplicaSet
      metadata:
        name: cart-7c9
        namespace: shop
        ownerReferences: [{apiVersion: apps/v1, kind: Deployment, name: cart, uid: d, controller: true}]
      spec: {replicas: 2, selector: {matchLabels: {app: cart}}}
      ---
      apiVersion: v1
      kind: Pod
      metadata:
        name: cart-7c9-x1
        namespace: shop
        uid: u1
        labels: {app: cart, tier: web}
        ownerReferences: [{apiVersion: apps/v1, kind: ReplicaSet, name: cart-7c9, uid: r, controller: true}]
      spec:
        nodeName: n1
        containers:
          - name: app
            image: cart:3
            resources: {limits: {cpu: 500m, memory: 256Mi}, requests: {cpu: 250m}}
        volumes: [{name: data, persistentVolumeClaim: {claimName: data-cart}}]
      status:
        phase: Running
        podIP: 10.1.0.7
        containerStatuses: [{name: app, containerID: 'containerd://c0ffee', restartCount: 2, image: cart, imageID: x, ready: true}]
      ---
      apiVersion: v1
      kind: Pod
      metadata:
        name: etcd-n1
        namespace: kube-system
        ownerReferences: [{apiVersion: v1, kind: Node, name: n1, uid: n, controller: true}]
      spec: {nodeName: n1, hostNetwork: true, containers: [{name: etcd, image: etcd}]}
      status: {phase: Running, podIP: 10.0.0.5}
      ---
      apiVersion: v1
      kind: Pod
      metadata: {name: done, namespace: shop, labels: {app: cart}}
      spec: {nodeName: n1, containers: [{name: job, image: job}]}
      status: {phase: Succeeded}
      ---
      apiVersion: v1
      kind: PersistentVolumeClaim
      metadata: {name: data-cart, namespace: shop}
      spec: {volumeName: pv-7, storageClassName: fast}
      ---
      apiVersion: v1
      kind: Service
      metadata: {name: basket, namespace: shop}
      spec: {selector: {app: cart}}
      ---
      apiVersion: v1
      kind: Service
      metadata: {name: outside, namespace: shop}
      spec: {type: ExternalName, externalName: bank.example}
      """;

  private KubernetesMockServer server;
  private KubernetesClient client;
  private KubernetesSource source;

  @BeforeEach
  void start() {
    Map<ServerRequest, Queue<ServerResponse>> responses = new HashMap<>();
    server = new KubernetesMockServer(new Context(), new MockWebServer(), responses,
        new KubernetesMixedDispatcher(responses), false);
    server.init();
    client = server.createClient();
    source = new KubernetesSource(server::createClient);
  }

  @AfterEach
  void stop() {
    source.close();
    client.close();
    server.destroy();
  }

  private void create(String yaml) {
    client.load(new ByteArrayInputStream(yaml.getBytes(StandardCharsets.UTF_8))).createOrReplace();
  }

  /** What is told, once everything is listed; the value by metric and labels without the job. */
  private Map<String, Double> told() {
    var told = new ArrayList<Told>();
    Await.until("everything is listed", () -> {
      try {
        told.clear();
        told.addAll(source.read());
        return true;
      } catch (Failure notYet) {
        return false;
      }
    });
    var values = new TreeMap<String, Double>();
    told.forEach(each -> {
      var labels = new TreeMap<>(each.labels().toMap());
      var name = labels.remove("__name__");
      labels.remove("job");
      labels.remove("uid");
      values.put((name + labels).replace("throughline_kube_", ""), each.value());
    });
    return values;
  }

  @Test
  void objectsBecomeTheSeriesThatJoinAndChangesAreMadeOf() {
    create(SHOP);

    var told = told();

    assertThat(told)
        .containsEntry(
            "node_info{internal_ip=10.0.0.5, kernel_version=6.12.1, node=n1, region=north}", 1.0)
        .containsEntry(
            "pod_info{host_network=false, namespace=shop, node=n1, pod=cart-7c9-x1, pod_ip=10.1.0.7}",
            1.0)
        .containsEntry(
            "pod_owner{namespace=shop, owner_kind=ReplicaSet, owner_name=cart-7c9, pod=cart-7c9-x1}",
            1.0)
        .containsEntry(
            "replicaset_owner{namespace=shop, owner_kind=Deployment, owner_name=cart, replicaset=cart-7c9}",
            1.0)
        .containsEntry(
            "pod_container_info{container=app, container_id=containerd://c0ffee, image_spec=cart:3, "
                + "namespace=shop, pod=cart-7c9-x1}",
            1.0)
        .containsEntry(
            "pod_container_resource_limits{container=app, namespace=shop, pod=cart-7c9-x1, resource=cpu}",
            0.5)
        .containsEntry(
            "pod_container_resource_limits{container=app, namespace=shop, pod=cart-7c9-x1, resource=memory}",
            256.0 * (1 << 20))
        .containsEntry(
            "pod_container_resource_requests{container=app, namespace=shop, pod=cart-7c9-x1, resource=cpu}",
            0.25)
        .containsEntry(
            "pod_container_status_restarts_total{container=app, namespace=shop, pod=cart-7c9-x1}",
            2.0)
        .containsEntry("deployment_spec_replicas{deployment=cart, namespace=shop}", 2.0)
        .containsEntry("deployment_status_replicas_available{deployment=cart, namespace=shop}", 1.0)
        .containsEntry(
            "persistentvolumeclaim_info{namespace=shop, persistentvolumeclaim=data-cart, "
                + "storageclass=fast, volumename=pv-7}",
            1.0)
        .containsEntry("pod_spec_volumes_persistentvolumeclaims_info{namespace=shop, "
            + "persistentvolumeclaim=data-cart, pod=cart-7c9-x1}", 1.0)
        .containsEntry("service_workload_info{namespace=shop, service=basket, workload=cart}", 1.0);
    assertThat(told.keySet()).noneMatch(name -> name.contains("done") || name.contains("outside"));
  }

  @Test
  void whatChangesIsToldWithoutListingAgain() {
    create(SHOP);
    told();

    create(SHOP.replace("replicas: 2, selector: {matchLabels: {app: cart}}, template",
        "replicas: 5, selector: {matchLabels: {app: cart}}, template"));

    Await.until("five are wanted", () -> Double.valueOf(5)
        .equals(told().get("deployment_spec_replicas{deployment=cart, namespace=shop}")));
  }

  @Test
  void aRightThatIsMissingIsNamed() {
    var strict = new KubernetesMockServer(false);
    strict.init();
    strict.expect()
        .withPath("/api/v1/pods?resourceVersion=0")
        .andReturn(403, new StatusBuilder().withCode(403).withMessage("pods is forbidden").build())
        .always();
    try (var forbidden = new KubernetesSource(strict::createClient)) {
      var reason = new String[] {""};
      Await.until("the reason is told", () -> {
        try {
          forbidden.read();
          return false;
        } catch (Failure failure) {
          reason[0] = String.valueOf(failure.getMessage());
          return reason[0].contains("403");
        }
      });

      assertThat(reason[0]).contains("pods cannot be watched",
          "needs a role that may list and watch pods");
    } finally {
      strict.destroy();
    }
  }
}
