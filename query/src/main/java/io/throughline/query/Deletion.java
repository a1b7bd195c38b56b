package io.throughline.query;

import io.throughline.model.Matcher;
import io.throughline.model.Tenant;
import java.util.List;

/** The store's way to forget; who wires the roles gives it to the query role. */
public interface Deletion {

  /** Deletes the samples of a tenant's series that match one of the selectors, both ends of the range included. */
  void delete(Tenant tenant, List<List<Matcher>> selectors, long minTimeMs, long maxTimeMs);

  /** Takes what was deleted out of the files now. */
  void clean();
}
