package io.throughline.bench.path;

import io.throughline.model.Labels;
import java.util.Random;

/**
 * Values like those of a fleet's machines, seeded: counters of seconds with two decimals, counters of bytes
 * and events, gauges in bytes, ratios with all their digits, and a third that stands still.
 */
final class Fleet {
  final int targets;
  final int seriesPerTarget;
  final double[] values;
  private final Random random;

  Fleet(int targets, int seriesPerTarget, long seed) {
    this.targets = targets;
    this.seriesPerTarget = seriesPerTarget;
    this.random = new Random(seed);
    this.values = new double[targets * seriesPerTarget];
    for (int i = 0; i < values.length; i++) {
      values[i] = switch (kind(i)) {
        case 0, 1, 2 -> random.nextInt(100_000_000) / 100.0;
        case 3, 4, 5 -> random.nextLong(1L << 40);
        case 6, 7, 8 -> random.nextInt(1_000_000);
        case 9 -> random.nextLong(1L << 34) & -4096L;
        case 10 -> random.nextDouble();
        case 11 -> random.nextInt(5_000) / 1000.0;
        case 12, 13, 14 -> 0;
        default -> random.nextInt(100);
      };
    }
  }

  private int kind(int series) {
    return series % seriesPerTarget % 20;
  }

  /** All values one scrape later. */
  void step() {
    for (int i = 0; i < values.length; i++) {
      switch (kind(i)) {
        case 0, 1, 2 -> values[i] = Math.rint(values[i] * 100 + random.nextInt(1500)) / 100.0;
        case 3, 4, 5 -> values[i] += random.nextInt(5_000_000);
        case 6, 7, 8 -> values[i] += random.nextInt(2_000);
        case 9 -> values[i] += (random.nextInt(2_000) - 1_000) * 4096.0;
        case 10 -> values[i] = random.nextDouble();
        case 11 -> values[i] = random.nextInt(5_000) / 1000.0;
        default -> {
          // Stands still.
        }
      }
    }
  }

  Labels labels(int target, int series) {
    return Labels.of("__name__", "node_metric_" + series % 97 + "_total", "job", "node", "instance",
        "10.0." + target / 250 + "." + target % 250 + ":9100", "cluster", "prod-eu1", "node",
        "node-" + target, "device", "d" + series / 97);
  }
}
