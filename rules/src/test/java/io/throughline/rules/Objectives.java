package io.throughline.rules;

/** Objectives that several tests have. */
public final class Objectives {

  private Objectives() {}

  /**
   * That so many requests of {@code shop/checkout} take at most two seconds.
   *
   * @param query selects a native histogram
   */
  public static String latency(String query, String window, double target) {
    return """
        apiVersion: openslo/v1
        kind: SLO
        metadata: {name: checkout-fast}
        spec:
          service: shop/checkout
          indicator:
            metadata: {name: fast}
            spec:
              thresholdMetric: {metricSource: {type: Prometheus, spec: {query: 'QUERY'}}}
          timeWindow: [{duration: WINDOW, isRolling: true}]
          budgetingMethod: Occurrences
          objectives: [{target: TARGET, op: lte, value: 2}]
        """.replace("QUERY", query).replace("WINDOW", window).replace("TARGET", "" + target);
  }
}
