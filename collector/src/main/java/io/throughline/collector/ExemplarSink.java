package io.throughline.collector;

import io.throughline.model.Exemplar;
import io.throughline.model.Tenant;

/** Where exemplars go once the samples they came with are acknowledged. Called by many threads. */
@FunctionalInterface
public interface ExemplarSink {

  /** Nothing keeps them. */
  ExemplarSink NONE = (_, _) -> false;

  /** False if it is not kept. */
  boolean take(Tenant tenant, Exemplar exemplar);
}
