package io.throughline.collector.produce;

import io.throughline.model.wire.SampleColumns;
import io.throughline.model.wire.SampleKind;

/** One request's samples of one kind in one series set, on their way to Kafka. */
final class Batch {
  final SeriesSet set;
  final SampleKind kind;
  final SampleColumns columns;
  final Pending owner;

  Batch(SeriesSet set, SampleKind kind, SampleColumns columns, Pending owner) {
    this.set = set;
    this.kind = kind;
    this.columns = columns;
    this.owner = owner;
  }
}
