package io.throughline.query.view;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.throughline.model.Tenant;
import io.throughline.query.catalogue.Catalogue;
import org.junit.jupiter.api.Test;

class ChangesTest {
  private static final long TURNED_MS = Shop.END_MS - 300_000;

  /** A container's CPU limit that is turned in the middle, NaN for none. */
  private static MemoryStore limitTurned(double from, double to) {
    var store = Shop.store().without("throughline_container_cpu_limit");
    for (long t = Shop.START_MS; t <= Shop.END_MS; t += 1000) {
      double value = t < TURNED_MS ? from : to;
      if (!Double.isNaN(value)) {
        store.add(Shop.container("throughline_container_cpu_limit"), t, 0, value);
      }
    }
    return store;
  }

  private static JsonNode changes(MemoryStore store) throws Exception {
    try (var view = new ViewServer(store, Shop.END_MS)) {
      return view.get("/services/shop%2Fcheckout").get("changes");
    }
  }

  @Test
  void aTurnedLimitIsAChangeAtTheSampleThatShowsItOnThePageAndTheOverview() throws Exception {
    try (var view = new ViewServer(limitTurned(2, 0.5), Shop.END_MS)) {
      var change = view.get("/services/shop%2Fcheckout").at("/changes/0");
      assertThat(change.get("atMs").asLong()).isEqualTo(TURNED_MS);
      assertThat(change.get("text").asText()).isEqualTo("CPU limit 2 cores → 0.5 cores");
      assertThat(change.get("kind").asText()).isEqualTo("limit");
      assertThat(change.get("source").asText()).contains("throughline_container_cpu_limit");

      assertThat(view.get("/services").at("/services/0/lastChange")).isEqualTo(change);
      assertThat(view.get("/changes?window=600").at("/changes/0/id").asText())
          .isEqualTo("shop/checkout");
      assertThat(view.get("/changes?window=250").get("changes")).isEmpty();
    }
  }

  @Test
  void aLimitThatIsTakenAwayOrGivenIsAChangeFromOrToNone() throws Exception {
    assertThat(changes(limitTurned(0.5, Double.NaN)).at("/0/text").asText())
        .isEqualTo("CPU limit 0.5 cores → none");
    assertThat(changes(limitTurned(Double.NaN, 0.5)).at("/0/text").asText())
        .isEqualTo("CPU limit none → 0.5 cores");
  }

  @Test
  void whereNothingWasTurnedNothingChanged() throws Exception {
    assertThat(changes(Shop.store())).isEmpty();
  }

  /** Pods of a rollout: each ends before or after the next begins. */
  private static MemoryStore rollout() {
    var store = new MemoryStore();
    for (int pod = 0; pod < 6; pod++) {
      boolean old = pod < 3;
      long from = old ? Shop.START_MS : TURNED_MS + (pod - 3) * 20_000L;
      long to = old ? TURNED_MS + (pod + 1) * 20_000L : Shop.END_MS;
      var name = "checkout-" + pod;
      for (long t = from; t <= to; t += 10_000) {
        store.add(Shop.labels("target_info", "shop/checkout", name, "service_version",
            old ? "1.4" : "1.5", "k8s_namespace_name", "shop", "k8s_pod_name", name), t, 0, 1);
        store.add(Shop.labels("kube_pod_container_info", "ksm", "k", "exported_namespace", "shop",
            "exported_pod", name, "exported_container", "app", "image",
            old ? "shop/checkout:1.4" : "shop/checkout:1.5"), t, 0, 1);
        store.add(Shop.labels("kube_pod_container_info", "ksm", "k", "exported_namespace", "shop",
            "exported_pod", name, "exported_container", "proxy", "image", "envoy:1"), t, 0, 1);
        store.add(Shop.labels("kube_pod_owner", "ksm", "k", "exported_namespace", "shop",
            "exported_pod", name, "owner_name", "checkout"), t, 0, 1);
        store.add(Shop.labels("kube_deployment_spec_replicas", "ksm", "k", "exported_namespace",
            "shop", "deployment", "checkout"), t, 0, t < Shop.END_MS - 100_000 ? 3 : 5);
      }
    }
    return store;
  }

  @Test
  void aRolloutThatReplacesPodsIsOneChangeOfVersionOneOfImageAndOneOfReplicas() throws Exception {
    var changes = changes(rollout());

    assertThat(changes.findValuesAsText("text")).containsExactlyInAnyOrder("version 1.4 → 1.5",
        "image shop/checkout:1.4 → shop/checkout:1.5", "replicas 3 → 5");
    assertThat(changes.get(0).get("atMs").asLong()).isEqualTo(TURNED_MS);
  }

  @Test
  void lookingAgainReadsOnlyWhatCameSince() throws Exception {
    var store = limitTurned(2, 0.5);
    var log = new ChangeLog();
    var follower = new RegistryFollower(Catalogue.builtIn());
    try (var snapshot = store.snapshot()) {
      follower.follow(snapshot);
      var scope = follower.read(Tenant.DEFAULT,
          graph -> Scope.ofService(graph, "shop/checkout", ""));
      assertThat(scope).isNotNull();
      if (scope == null) {
        return;
      }
      var tenant = Tenant.DEFAULT;
      log.between(tenant, scope, snapshot, Shop.START_MS, Shop.END_MS - 10_000);
      long first = log.samplesRead();
      var again = log.between(tenant, scope, snapshot, Shop.START_MS, Shop.END_MS);

      assertThat(again).hasSize(1);
      assertThat(log.samplesRead() - first).isLessThan(first / 20);
    }
  }

  /** Requests that slow down in the last minutes, and CPU throttling that rises with them or does not. */
  private static MemoryStore slowed(boolean throttled) {
    var store = limitTurned(2, throttled ? 2 : 0.5).without("http_server_request_duration_seconds",
        "throughline_container_cpu_throttled_periods_total");
    var histogram = new Histograms(3);
    double throttledPeriods = 0;
    for (long t = Shop.START_MS; t <= Shop.END_MS; t += 1000) {
      boolean late = t > TURNED_MS + 180_000;
      histogram.observe(late ? 1.6 : 0.05, 20);
      throttledPeriods += throttled && late ? 9 : 0;
      store.add(
          Shop.checkout("http_server_request_duration_seconds", "http_response_status_code", "200"),
          t, Shop.START_MS - 1000, histogram.snapshot());
      store.add(Shop.container("throughline_container_cpu_throttled_periods_total"), t, 0,
          throttledPeriods);
    }
    return store;
  }

  @Test
  void theResourceThatRoseWithLatencyIsTheSuspectWithItsNumbers() throws Exception {
    try (var view = new ViewServer(slowed(true), Shop.END_MS)) {
      var suspect = view.get("/services?window=600").at("/services/0/topSuspect");

      assertThat(suspect.get("resource").asText()).isEqualTo("cpu throttling");
      assertThat(suspect.get("value").asDouble()).isBetween(0.85, 0.95);
      assertThat(suspect.get("before").asDouble()).isZero();
      assertThat(suspect.get("symptomValue").asDouble()).isGreaterThan(1.5);
      assertThat(suspect.get("text").asText()).contains("cpu throttling is 90 %, was 0 %",
          "p99 is 1.", "was 0.0");
      // The same words for whoever tells people of an alert.
      assertThat(view.api().suspectOf(Tenant.DEFAULT, "shop/checkout"))
          .contains("cpu throttling is 90 %");
      assertThat(view.api().suspectOf(Tenant.DEFAULT, "nobody")).isEmpty();
    }
  }

  @Test
  void whereNoResourceRoseTheRecentChangeIsSuspectedAndItIsSaidThatNoneRose() throws Exception {
    try (var view = new ViewServer(slowed(false), Shop.END_MS)) {
      assertThat(view.get("/services?window=600").at("/services/0/topSuspect/text").asText())
          .contains("CPU limit 2 cores → 0.5 cores", "no measured resource rose");
    }
  }

  @Test
  void aServiceThatIsAsItWasHasNoSuspect() throws Exception {
    try (var view = new ViewServer(Shop.store(), Shop.END_MS)) {
      assertThat(view.get("/services").at("/services/0/topSuspect").isNull()).isTrue();
    }
  }
}
