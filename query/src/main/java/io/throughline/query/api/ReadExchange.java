package io.throughline.query.api;

import io.throughline.model.Labels;
import io.throughline.model.Matcher;
import io.throughline.model.NativeHistogram;
import io.throughline.store.SampleBuffer;
import java.util.Arrays;
import java.util.List;
import java.util.stream.DoubleStream;
import java.util.stream.IntStream;
import java.util.stream.LongStream;

/**
 * The asking side of remote read: the body of a request for samples ({@code POST /api/v1/read}), and the series of its answer,
 * native histograms with all that is stored of them. Both are protobuf in snappy's block form.
 */
public final class ReadExchange {

  private ReadExchange() {}

  /** Takes one series; the buffer is used again for the next. */
  public interface Taker {
    void take(Labels labels, SampleBuffer samples);
  }

  /** A request for all samples of what matches; both ends of the range are included. */
  public static byte[] request(List<Matcher> matchers, long fromMs, long toMs) {
    var query = new ProtoOut().number(1, fromMs).number(2, toMs);
    for (var matcher : matchers) {
      query.message(3,
          new ProtoOut().number(1, RemoteRead.typeOf(matcher.operator()))
              .text(2, matcher.label())
              .text(3, matcher.value()));
    }
    var request = new ProtoOut().message(1, query);
    return Snappy.encode(request.bytes(), request.size());
  }

  /**
   * Hands over each series of an answer.
   *
   * @throws IllegalArgumentException if it is none, or longer than {@code mostBytes}
   */
  public static void answer(byte[] body, int mostBytes, Taker taker) {
    var buffer = new SampleBuffer();
    var reply = new ProtoIn(Snappy.decode(body, mostBytes));
    for (int field = reply.next(); field != 0; field = reply.next()) {
      if (field == 1) {
        var result = reply.message();
        for (int inner = result.next(); inner != 0; inner = result.next()) {
          if (inner == 1) {
            series(result.message(), buffer, taker);
          }
        }
      }
    }
  }

  private static void series(ProtoIn in, SampleBuffer buffer, Taker taker) {
    var labels = new Labels.Builder();
    buffer.clear();
    for (int field = in.next(); field != 0; field = in.next()) {
      switch (field) {
        case 1 -> label(in.message(), labels);
        case 2 -> sample(in.message(), buffer);
        case 4 -> histogram(in.message(), buffer);
        default -> {
          // Exemplars, which are not asked for.
        }
      }
    }
    taker.take(labels.build(), buffer);
  }

  private static void label(ProtoIn in, Labels.Builder into) {
    var name = "";
    var value = "";
    for (int field = in.next(); field != 0; field = in.next()) {
      if (field == 1) {
        name = in.text();
      } else if (field == 2) {
        value = in.text();
      }
    }
    into.set(name, value);
  }

  private static void sample(ProtoIn in, SampleBuffer into) {
    double value = 0;
    long timeMs = 0;
    for (int field = in.next(); field != 0; field = in.next()) {
      if (field == 1) {
        value = in.real();
      } else if (field == 2) {
        timeMs = in.number();
      }
    }
    into.add(timeMs, 0, value);
  }

  private static void histogram(ProtoIn in, SampleBuffer into) {
    boolean integer = true;
    long countBits = 0;
    double sum = 0;
    int schema = 0;
    double zeroThreshold = 0;
    long zeroBits = 0;
    int hint = 0;
    long timeMs = 0;
    var negative = new Buckets();
    var positive = new Buckets();
    var bounds = DoubleStream.builder();
    for (int field = in.next(); field != 0; field = in.next()) {
      switch (field) {
        case 1 -> countBits = in.number();
        case 2 -> {
          integer = false;
          countBits = Double.doubleToRawLongBits(in.real());
        }
        case 3 -> sum = in.real();
        case 4 -> schema = (int) in.signed();
        case 5 -> zeroThreshold = in.real();
        case 6 -> zeroBits = in.number();
        case 7 -> zeroBits = Double.doubleToRawLongBits(in.real());
        case 8, 9, 10 -> negative.read(field - 8, in);
        case 11, 12, 13 -> positive.read(field - 11, in);
        case 14 -> hint = (int) in.number();
        case 15 -> timeMs = in.number();
        case 16 -> in.reals(bounds);
        default -> {
          // What a later version adds.
        }
      }
    }
    into.add(timeMs, 0,
        new NativeHistogram(integer, NativeHistogram.ResetHint.ofCode(hint), schema, zeroThreshold,
            zeroBits, countBits, sum, positive.spans(), positive.bits(), negative.spans(),
            negative.bits(), bounds.build().toArray()));
  }

  /** The buckets on one side of zero. */
  private static final class Buckets {
    private final IntStream.Builder spans = IntStream.builder();
    private final LongStream.Builder differences = LongStream.builder();
    private final LongStream.Builder floats = LongStream.builder();

    /** @param part 0 a span, 1 differences of whole counts, 2 counts */
    void read(int part, ProtoIn in) {
      switch (part) {
        case 0 -> span(in.message());
        case 1 -> in.signedNumbers(differences);
        default -> in.reals(count -> floats.add(Double.doubleToRawLongBits(count)));
      }
    }

    private void span(ProtoIn in) {
      long offset = 0;
      long length = 0;
      for (int field = in.next(); field != 0; field = in.next()) {
        if (field == 1) {
          offset = in.signed();
        } else if (field == 2) {
          length = in.number();
        }
      }
      spans.add((int) offset).add((int) length);
    }

    int[] spans() {
      return spans.build().toArray();
    }

    long[] bits() {
      var whole = differences.build().toArray();
      Arrays.parallelPrefix(whole, Long::sum);
      return whole.length > 0 ? whole : floats.build().toArray();
    }
  }
}
