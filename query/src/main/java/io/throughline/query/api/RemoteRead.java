package io.throughline.query.api;

import io.throughline.model.Matcher;
import io.throughline.model.NativeHistogram;
import io.throughline.store.SampleBuffer;
import io.throughline.store.Snapshot;
import java.util.ArrayList;
import java.util.List;

/**
 * {@code /api/v1/read}: remote read 1.0 with samples (not with streamed chunks), both ways protobuf in snappy's block form.
 * A query's time range includes both ends. The whole reply is held, within the query's bytes.
 */
final class RemoteRead {

  private static final int MOST_REQUEST_BYTES = 4 << 20;
  private static final Matcher.Operator[] OPERATORS = {Matcher.Operator.EQUAL,
      Matcher.Operator.NOT_EQUAL, Matcher.Operator.REGEX, Matcher.Operator.NOT_REGEX};

  /** One query of a request. */
  private record Wanted(long fromMs, long toMs, List<Matcher> matchers) {}

  void read(Call call) {
    List<Wanted> queries;
    try {
      queries = queries(Snappy.decode(call.parameters().body(), MOST_REQUEST_BYTES));
    } catch (IllegalArgumentException malformed) {
      throw ApiFailure.badData("the read request cannot be decoded: " + malformed.getMessage());
    }
    var reply = new ProtoOut();
    try (var snapshot = call.snapshot(new ArrayList<>())) {
      for (var query : queries) {
        reply.message(1, result(call, snapshot, query));
      }
    }
    var block = Snappy.encode(reply.bytes(), reply.size());
    call.out().bytes(block, block.length);
  }

  private static List<Wanted> queries(byte[] request) {
    var queries = new ArrayList<Wanted>();
    var in = new ProtoIn(request);
    for (int field = in.next(); field != 0; field = in.next()) {
      if (field == 1) {
        queries.add(query(in.message()));
      }
    }
    return queries;
  }

  private static Wanted query(ProtoIn in) {
    long fromMs = 0;
    long toMs = 0;
    var matchers = new ArrayList<Matcher>();
    for (int field = in.next(); field != 0; field = in.next()) {
      switch (field) {
        case 1 -> fromMs = in.number();
        case 2 -> toMs = in.number();
        case 3 -> matchers.add(matcher(in.message()));
        default -> {
          // Hints only help a server that can use them.
        }
      }
    }
    return new Wanted(fromMs, toMs, matchers);
  }

  private static Matcher matcher(ProtoIn in) {
    var operator = Matcher.Operator.EQUAL;
    var label = "";
    var value = "";
    for (int field = in.next(); field != 0; field = in.next()) {
      switch (field) {
        case 1 -> {
          if (in.number() < 0 || in.number() >= OPERATORS.length) {
            throw new IllegalArgumentException("matcher type " + in.number());
          }
          operator = OPERATORS[(int) in.number()];
        }
        case 2 -> label = in.text();
        case 3 -> value = in.text();
        default -> throw new IllegalArgumentException("matcher field " + field);
      }
    }
    return new Matcher(operator, label, value);
  }

  private static ProtoOut result(Call call, Snapshot snapshot, Wanted query) {
    var budget = call.budget();
    var result = new ProtoOut();
    var series = new ProtoOut();
    var inner = new ProtoOut();
    var buffer = new SampleBuffer();
    var found = snapshot.select(call.parameters().tenant(), query.matchers(), query.fromMs(), query
        .toMs(), budget.seriesLeft());
    budget.addSeries(found.size());
    for (var one : found) {
      budget.check();
      one.read(query.fromMs(), query.toMs(), buffer);
      budget.addSamples(buffer.size());
      if (buffer.size() == 0) {
        continue;
      }
      series.clear();
      one.labels().forEach((name, value) -> {
        inner.clear();
        series.message(1, inner.text(1, name).text(2, value));
      });
      for (int i = 0; i < buffer.size(); i++) {
        inner.clear();
        var histogram = buffer.histogram(i);
        if (histogram == null) {
          series.message(2, inner.real(1, buffer.values()[i]).number(2, buffer.times()[i]));
        } else {
          histogram(histogram, buffer.times()[i], inner);
          series.message(4, inner);
        }
      }
      budget.hold(series.size());
      result.message(1, series);
    }
    return result;
  }

  private static void histogram(NativeHistogram h, long timeMs, ProtoOut out) {
    if (h.isInteger()) {
      out.number(1, h.countBits()).real(3, h.sum()).signed(4, h.schema());
      out.real(5, h.zeroThreshold()).number(6, h.zeroCountBits());
    } else {
      out.real(2, h.count()).real(3, h.sum()).signed(4, h.schema());
      out.real(5, h.zeroThreshold()).real(7, h.zeroCount());
    }
    buckets(h.negativeSpans(), h.negativeCountBits(), h, 8, out);
    buckets(h.positiveSpans(), h.positiveCountBits(), h, 11, out);
    out.number(14, h.resetHint().code()).number(15, timeMs);
    if (h.customBounds().length > 0) {
      var bounds = new ProtoOut();
      for (double bound : h.customBounds()) {
        bounds.fixed(bound);
      }
      out.message(16, bounds);
    }
  }

  /** @param field of the spans; the differences of whole counts follow it, then the counts of floats */
  private static void buckets(int[] spans, long[] bits, NativeHistogram h, int field,
      ProtoOut out) {
    for (int i = 0; i < spans.length; i += 2) {
      out.message(field, new ProtoOut().signed(1, spans[i]).number(2, spans[i + 1]));
    }
    if (bits.length == 0) {
      return;
    }
    var packed = new ProtoOut();
    long before = 0;
    for (long one : bits) {
      if (h.isInteger()) {
        packed.zigzag(one - before);
        before = one;
      } else {
        packed.fixed(Double.longBitsToDouble(one));
      }
    }
    out.message(h.isInteger() ? field + 1 : field + 2, packed);
  }
}
