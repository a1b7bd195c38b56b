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

  /** A copy of the files is the file system's business: parts never change once they are named. */
  void snapshot(Call call) {
    allowed(call);
    throw new ApiFailure(ApiFailure.Type.UNAVAILABLE,
        "snapshots are not offered: copy the data directory, whose files never change once named");
  }

  private Deletion allowed(Call call) {
    if (deletion == null || !call.settings().adminApi()) {
      throw new ApiFailure(ApiFailure.Type.UNAVAILABLE,
          "admin APIs disabled: set query.admin-api to true to allow them");
    }
    return deletion;
  }
}
