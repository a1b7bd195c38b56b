package io.throughline.model.identity;

import static org.assertj.core.api.Assertions.assertThat;

import io.throughline.model.Labels;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class EntityFactsTest {

  private static List<String> info(String... labels) {
    var facts = new ArrayList<String>();
    EntityFacts.ofInfo(Labels.of(labels),
        fact -> facts.add(fact.from() + " " + fact.relation() + " " + fact.to()));
    return facts;
  }

  private static List<String> target(String... labels) {
    var facts = new ArrayList<String>();
    EntityFacts.ofTarget(Labels.of(labels),
        fact -> facts.add(fact.from() + " " + fact.relation() + " " + fact.to()));
    return facts;
  }

  @Test
  void aServicesTargetInfoPlacesItsInstanceInContainerProcessAndHost() {
    assertThat(info("__name__", "target_info", "job", "shop/cart", "instance", "cart-1", "host_id",
        "h1", "container_id", "c1", "process_pid", "7"))
        .containsExactlyInAnyOrder("SERVICE shop/cart HAS_INSTANCE INSTANCE shop/cart@cart-1",
            "INSTANCE shop/cart@cart-1 RUNS_IN CONTAINER c1",
            "INSTANCE shop/cart@cart-1 RUNS_IN PROCESS h1/7",
            "INSTANCE shop/cart@cart-1 RUNS_ON NODE h1");
  }

  @Test
  void theAgentsTargetsAreResourcesAndNoServices() {
    assertThat(
        info("__name__", "target_info", "job", "host", "instance", "h1", "host_name", "worker-1"))
        .containsExactly("NODE h1 SAME_AS NODE worker-1");
    assertThat(
        info("__name__", "target_info", "job", "container", "instance", "c1", "host_id", "h1"))
        .containsExactly("CONTAINER c1 RUNS_ON NODE h1");
    assertThat(EntityFacts.serviceOfTarget(Labels.of("job", "container"))).isNull();
  }

  @Test
  void aScrapedTargetIsInThePodItsLabelsName() {
    assertThat(target("job", "cart", "instance", "10.1.0.7:80", "namespace", "shop", "pod",
        "cart-7", "container", "app", "node", "w1"))
        .containsExactlyInAnyOrder("SERVICE shop/cart HAS_INSTANCE INSTANCE shop/cart@10.1.0.7:80",
            "INSTANCE shop/cart@10.1.0.7:80 RUNS_IN CONTAINER shop/cart-7/app",
            "CONTAINER shop/cart-7/app RUNS_IN POD shop/cart-7",
            "INSTANCE shop/cart@10.1.0.7:80 RUNS_IN POD shop/cart-7",
            "INSTANCE shop/cart@10.1.0.7:80 RUNS_ON NODE w1");
  }

  @Test
  void theSubjectOfAnExporterIsInTheRenamedLabels() {
    assertThat(info("__name__", "kube_pod_info", "namespace", "monitoring", "pod", "ksm-0",
        "exported_namespace", "shop", "exported_pod", "cart-7", "node", "w1", "uid", "u1"))
        .containsExactly("POD shop/cart-7 RUNS_ON NODE w1", "POD shop/cart-7 SAME_AS POD u1");
  }

  @Test
  void aKubernetesContainerIsTheRuntimesContainer() {
    assertThat(info("__name__", "kube_pod_container_info", "namespace", "shop", "pod", "cart-7",
        "container", "app", "container_id", "containerd://4f1c"))
        .containsExactly("CONTAINER shop/cart-7/app RUNS_IN POD shop/cart-7",
            "CONTAINER shop/cart-7/app SAME_AS CONTAINER 4f1c");
  }

  @Test
  void slicesOfTheCgroupTreeAreNoContainers() {
    assertThat(info("__name__", "container_cpu_usage_seconds_total", "id", "/kubepods", "namespace",
        "shop", "pod", "cart-7")).isEmpty();
  }

  @Test
  void unknownCallersMakeNoEdge() {
    assertThat(info("__name__", "throughline_edge_requests_total", "job", "shop/cart", "instance",
        "i", "throughline_client", "unknown")).isEmpty();
    assertThat(info("__name__", "throughline_edge_requests_total", "job", "shop/cart", "instance",
        "i", "throughline_client", "shop/web"))
        .containsExactly("SERVICE shop/web CALLS SERVICE shop/cart");
  }

  @ParameterizedTest
  @CsvSource({"10.0.0.7:9100,10.0.0.7", "[::1]:9100,::1", "db-1,db-1", "fe80::1,fe80::1"})
  void anAddressLosesItsPort(String address, String host) {
    assertThat(EntityFacts.withoutPort(address)).isEqualTo(host);
  }

  @Test
  void theRuntimesIdStandsAtTheEndOfItsCgroupPath() {
    var id = "4f1c".repeat(16);

    assertThat(EntityFacts.runtimeId("/kubepods/pod1/cri-containerd-" + id + ".scope"))
        .isEqualTo(id);
    assertThat(EntityFacts.runtimeId("/user.slice")).isEmpty();
  }
}
