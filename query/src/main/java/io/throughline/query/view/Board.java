package io.throughline.query.view;

import io.throughline.model.Tenant;
import io.throughline.store.Snapshot;

/** Where the overview comes from. */
interface Board {

  /**
   * The state of every service and node of a tenant.
   *
   * @param endMs the right edge
   * @param points the wished number of columns of a sparkline
   */
  Overview overview(Tenant tenant, Snapshot snapshot, long endMs, long windowMs, int points);
}
