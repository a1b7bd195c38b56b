package io.throughline.query.api;

import io.throughline.query.Deletion;
import org.jspecify.annotations.Nullable;

/** What changes the store: only where the setting {@code query.admin-api} allows it. */
final class AdminEndpoints {

  private final @Nullable Deletion deletion;

  AdminEndpoints(@Nullable Deletion deletion) {
    this.deletion = deletion;
  }

  void deleteSeries(Call call) {
    var allowed = allowed(call);
    var selectors = SeriesEndpoints.selectors(call);
    if (selectors.isEmpty()) {
      throw ApiFailure.badData("no match[] parameter provided");
    }
    var range = SeriesEndpoints.Range.of(call);
    allowed.delete(call.parameters().tenant(), selectors, range.startMs(), range.endMs());
  }

  void cleanTombstones(Call call) {
    allowed(call).clean();
  }

  /** A snapshot is of the whole process, of all tenants, so it is not asked for as one of them. */
  void snapshot(Call call) {
    allowed(call);
    throw new ApiFailure(ApiFailure.Type.UNAVAILABLE,
        "a snapshot is of all tenants: make one with `throughline snapshot` (POST /-/snapshot)");
  }

  private Deletion allowed(Call call) {
    if (deletion == null || !call.settings().adminApi()) {
      throw new ApiFailure(ApiFailure.Type.UNAVAILABLE,
          "admin APIs disabled: set query.admin-api to true to allow them");
    }
    return deletion;
  }
}
