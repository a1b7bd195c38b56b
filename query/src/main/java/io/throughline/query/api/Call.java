package io.throughline.query.api;

import io.throughline.query.QuerySettings;
import io.throughline.query.ReadBarrier;
import io.throughline.query.engine.QueryBudget;
import io.throughline.query.source.SnapshotSource;
import io.throughline.store.Snapshot;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.Supplier;

/**
 * One request on its query thread: what was asked, where the answer goes, and what it may use.
 *
 * @param accept the header of that name, or ""
 */
record Call(Parameters parameters, String accept, JsonOut out, QueryBudget budget,
    QuerySettings settings, Supplier<Snapshot> snapshots, ReadBarrier barrier, InstantSource clock,
    long receivedNanos, Consumer<ReplyStream.Success> announce) {

  /** The caller's series in a snapshot, with the labels that the settings ask for. */
  SnapshotSource source(Snapshot snapshot) {
    return new SnapshotSource(snapshot, parameters.tenant(),
        settings.features().typeAndUnitLabels());
  }

  /** What an endpoint writes between the envelope's braces. */
  interface Data {
    void write(JsonOut out);
  }

  /**
   * A snapshot that holds everything acknowledged before this call; the caller closes it.
   *
   * @param warnings gets a line if the store lags behind or misses something
   */
  Snapshot snapshot(List<String> warnings) {
    long behind = barrier.await();
    var snapshot = snapshots.get();
    if (behind > 0) {
      warnings.add("the store is behind by " + behind + " records");
    }
    warnings.addAll(snapshot.warnings());
    return snapshot;
  }

  /** Writes the envelope of a success. */
  void succeed(Data data) {
    succeed(data, new ArrayList<>(), List.of());
  }

  void succeed(Data data, List<String> warnings, List<String> infos) {
    out.raw("{\"status\":\"success\",\"data\":");
    data.write(out);
    texts("warnings", warnings);
    texts("infos", infos);
    out.raw("}");
  }

  private void texts(String key, List<String> texts) {
    if (!texts.isEmpty()) {
      out.raw(",").key(key);
      strings(out, texts);
    }
  }

  /** A list of strings. */
  static void strings(JsonOut out, List<String> texts) {
    out.raw("[");
    for (int i = 0; i < texts.size(); i++) {
      out.comma(i == 0).string(texts.get(i));
    }
    out.raw("]");
  }
}
