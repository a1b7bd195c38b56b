package io.throughline.bench.whole;

/** Series of hosts with 500 each: labels as a fleet has them, thirteen a series, all with {@code job="node"}. */
final class FleetSeries {

  private FleetSeries() {}

  /** As {@link WriteRequest#labels}. */
  static byte[] labels(int series) {
    int target = series / 500;
    return WriteRequest.labels("__name__", "fleet_metric_" + series % 500 / 5, "arch", "amd64",
        "cluster", "c" + target % 7, "device", "dev" + series % 5, "env", "prod", "instance",
        "host-" + target + ":9100", "job", "node", "number", "" + series % 500, "os", "linux",
        "rack", "r" + target % 200, "region", "eu-" + target % 3, "team", "t" + target % 20, "zone",
        "z" + target % 9);
  }
}
