package io.throughline.agent.node;

import io.throughline.agent.otlp.Attributes;
import io.throughline.agent.otlp.Instrument;
import io.throughline.agent.otlp.OtlpWriter;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;

/**
 * One round of reading: what all readers share.
 *
 * <p>What a reader cannot read it names with {@link #missing}; those become points of {@code
 * throughline.not_measured} of the resource being written. One thread.
 */
final class Reading {

  private static final Instrument NOT_MEASURED = Instrument.gauge("throughline.not_measured", "1");
  // Reasons name paths; a path that comes and goes must not gather here for ever.
  private static final int MOST_REASONS = 4_096;

  private record Absence(String signal, String reason) {}

  final OtlpWriter out = new OtlpWriter("throughline.node");
  final ProcText text = new ProcText();
  long timeNanos;
  /** Counts rounds, from 0. */
  long round = -1;
  private final List<Attributes> absent = new ArrayList<>();
  private final HashMap<Absence, Attributes> absences = new HashMap<>();

  void beginRound(long nowNanos) {
    timeNanos = nowNanos;
    round++;
  }

  void beginResource(Attributes resource) {
    absent.clear();
    out.beginResource(resource);
  }

  void endResource() {
    out.begin(NOT_MEASURED);
    for (int i = 0; i < absent.size(); i++) {
      out.point(absent.get(i), 0, timeNanos, 1L);
    }
    out.end();
    out.endResource();
  }

  /** Says that {@code signal}, a metric's name, is not measured, and why. */
  void missing(String signal, String reason) {
    if (absences.size() >= MOST_REASONS) {
      absences.clear();
    }
    absent.add(absences.computeIfAbsent(new Absence(signal, reason),
        a -> Attributes.of("throughline.signal", a.signal(), "throughline.reason", a.reason())));
  }

  void missing(String reason, Instrument... signals) {
    for (Instrument signal : signals) {
      missing(signal.name(), reason);
    }
  }
}
