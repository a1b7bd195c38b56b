package io.throughline.app.demo;

import java.util.List;

/** Who is in the shop, and what each does for a request. */
enum Shop {
  WEB("web", 600_000, 0, ""),
  CHECKOUT("checkout", 3_000_000, 0, ""),
  INVENTORY("inventory", 600_000, 6, "warehouse.example"),
  PAYMENT("payment", 600_000, 18, "bank.example");

  /** {@code service.namespace} of all. */
  static final String NAMESPACE = "shop";
  /** Workers of a service until a knob says otherwise. */
  static final int WORKERS = 16;

  private final String service;
  private final int work;
  private final int dependencyMs;
  private final String dependency;

  Shop(String service, int work, int dependencyMs, String dependency) {
    this.service = service;
    this.work = work;
    this.dependencyMs = dependencyMs;
    this.dependency = dependency;
  }

  /** {@code service.name}. */
  String service() {
    return service;
  }

  /** Rounds of arithmetic a request costs, about a nanosecond each. */
  int work() {
    return work;
  }

  /** How long the party outside of the shop takes to answer. */
  int dependencyMs() {
    return dependencyMs;
  }

  /** Who outside of the shop is asked; "" = nobody, and the slow knob then invents one. */
  String dependency() {
    return dependency.isEmpty() ? "partner.example" : dependency;
  }

  static Shop of(String service) {
    for (Shop one : values()) {
      if (one.service.equals(service)) {
        return one;
      }
    }
    throw new IllegalArgumentException(
        "no service " + service + " in the shop; there are " + names());
  }

  static List<String> names() {
    return List.of(values()).stream().map(Shop::service).toList();
  }
}
