package io.throughline.query.api;

import io.throughline.model.Labels;
import io.throughline.model.Matcher;
import io.throughline.model.NativeHistogram;
import io.throughline.store.SampleBuffer;
import io.throughline.store.Snapshot;
import java.util.ArrayList;
import java.util.List;
import java.util.zip.CRC32C;

/**
 * {@code /api/v1/read}: remote read, in the first of the forms that the client names and that are known: samples, protobuf in
 * snappy's block form and held as a whole, within the query's bytes; or a stream of chunks, series by series. A query's
 * time range includes both ends.
 *
 * <pre>
 * a frame of the stream
 *   uvarint  length of the message
 *   uint32   crc32c of the message, big-endian
 *   bytes    ChunkedReadResponse: 1 chunked_series {1 labels, 2 chunks {1 min, 2 max, 3 type, 4 data}}, 2 query index
 * </pre>
 */
final class RemoteRead {

  private static final int MOST_REQUEST_BYTES = 4 << 20;
  private static final int SAMPLES = 0;
  private static final int STREAMED_XOR_CHUNKS = 1;
  private static final int SAMPLES_A_CHUNK = 120;
  private static final int FULL_FRAME_BYTES = 768 << 10;
  private static final int XOR = 1;
  private static final int HISTOGRAM = 2;
  private static final int FLOAT_HISTOGRAM = 3;
  private static final Matcher.Operator[] OPERATORS = {Matcher.Operator.EQUAL,
      Matcher.Operator.NOT_EQUAL, Matcher.Operator.REGEX, Matcher.Operator.NOT_REGEX};

  /** The number of an operator in a request. */
  static int typeOf(Matcher.Operator operator) {
    return List.of(OPERATORS).indexOf(operator);
  }

  /** One query of a request. */
  private record Wanted(long fromMs, long toMs, List<Matcher> matchers) {}

  /** What is asked for, and the known forms of an answer in the client's order of preference. */
  private record Request(List<Wanted> queries, List<Integer> forms) {}

  void read(Call call) {
    Request request;
    try {
      request = request(Snappy.decode(call.parameters().body(), MOST_REQUEST_BYTES));
    } catch (IllegalArgumentException malformed) {
      throw ApiFailure.badData("the read request cannot be decoded: " + malformed.getMessage());
    }
    if (!request.forms().isEmpty() && request.forms().getFirst() == STREAMED_XOR_CHUNKS) {
      call.announce().accept(ReplyStream.Success.CHUNKS);
      stream(call, request.queries());
      return;
    }
    var reply = new ProtoOut();
    try (var snapshot = call.snapshot(new ArrayList<>())) {
      for (var query : request.queries()) {
        reply.message(1, result(call, snapshot, query));
      }
    }
    var block = Snappy.encode(reply.bytes(), reply.size());
    call.out().bytes(block, block.length);
  }

  private static Request request(byte[] request) {
    var queries = new ArrayList<Wanted>();
    var forms = new ArrayList<Integer>();
    var in = new ProtoIn(request);
    for (int field = in.next(); field != 0; field = in.next()) {
      if (field == 1) {
        queries.add(query(in.message()));
      } else if (field == 2) {
        in.numbers(form -> {
          if (form == SAMPLES || form == STREAMED_XOR_CHUNKS) {
            forms.add((int) form);
          }
        });
      }
    }
    return new Request(queries, forms);
  }

  private static void stream(Call call, List<Wanted> queries) {
    var budget = call.budget();
    var buffer = new SampleBuffer();
    var frame = new Frame(call.out());
    try (var snapshot = call.snapshot(new ArrayList<>())) {
      for (int index = 0; index < queries.size(); index++) {
        var query = queries.get(index);
        var found = snapshot.select(call.parameters().tenant(), query.matchers(), query.fromMs(),
            query.toMs(), budget.seriesLeft());
        budget.addSeries(found.size());
        for (var one : found) {
          budget.check();
          one.read(query.fromMs(), query.toMs(), buffer);
          budget.addSamples(buffer.size());
          if (buffer.size() > 0) {
            frame.series(one.labels(), buffer, index);
          }
        }
      }
    }
  }

  /** One message of the stream being made: a series, or a part of one that has very many samples. */
  private static final class Frame {
    private final JsonOut out;
    private final ProtoOut series = new ProtoOut();
    private final ProtoOut inner = new ProtoOut();
    private final ProtoOut message = new ProtoOut();
    private final ChunkOut chunk = new ChunkOut();
    private final CRC32C crc = new CRC32C();

    Frame(JsonOut out) {
      this.out = out;
    }

    void series(Labels labels, SampleBuffer samples, int query) {
      begin(labels);
      int from = 0;
      while (from < samples.size()) {
        if (series.size() > FULL_FRAME_BYTES) {
          send(query);
          begin(labels);
        }
        from = chunk(samples, from);
      }
      send(query);
    }

    private void begin(Labels labels) {
      series.clear();
      labels.forEach((name, value) -> {
        inner.clear();
        series.message(1, inner.text(1, name).text(2, value));
      });
    }

    /** Adds a chunk that begins with a sample; gives the first sample behind it. */
    private int chunk(SampleBuffer samples, int from) {
      chunk.clear();
      int to = from;
      int type = XOR;
      var first = samples.histogram(from);
      if (first != null) {
        chunk.add(samples.times()[to++], first);
        type = first.isInteger() ? HISTOGRAM : FLOAT_HISTOGRAM;
      } else {
        while (to < samples.size() && to - from < SAMPLES_A_CHUNK
            && samples.histogram(to) == null) {
          chunk.add(samples.times()[to], samples.values()[to]);
          to++;
        }
      }
      inner.clear();
      inner.number(1, samples.times()[from]).number(2, samples.times()[to - 1]).number(3, type);
      series.message(2, inner.bytes(4, chunk.bytes(), chunk.size()));
      return to;
    }

    private void send(int query) {
      message.clear();
      message.message(1, series);
      if (query > 0) {
        message.number(2, query);
      }
      crc.reset();
      crc.update(message.bytes(), 0, message.size());
      inner.clear();
      inner.varint(message.size());
      int sum = (int) crc.getValue();
      out.bytes(inner.bytes(), inner.size());
      out.bytes(
          new byte[] {(byte) (sum >>> 24), (byte) (sum >>> 16), (byte) (sum >>> 8), (byte) sum},
          Integer.BYTES);
      out.bytes(message.bytes(), message.size());
    }
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
    var found = snapshot.select(call.parameters().tenant(), query.matchers(), query.fromMs(),
        query.toMs(), budget.seriesLeft());
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

  /** Writes spans of buckets, each its distance from the one before and its length. */
  static void spans(int[] spans, int field, ProtoOut out) {
    for (int i = 0; i < spans.length; i += 2) {
      out.message(field, new ProtoOut().signed(1, spans[i]).number(2, spans[i + 1]));
    }
  }

  /** @param field of the spans; the differences of whole counts follow it, then the counts of floats */
  private static void buckets(int[] spans, long[] bits, NativeHistogram h, int field,
      ProtoOut out) {
    spans(spans, field, out);
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
