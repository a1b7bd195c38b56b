package io.throughline.query.api;

import io.throughline.model.NativeHistogram;
import io.throughline.model.NativeHistogram.ResetHint;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.zip.CRC32C;

/** The client's side of a streamed remote read: what a request says, and frames, chunks and samples of the answer. */
final class ReadFrames {

  /** A chunk as it is sent. */
  record Chunk(long minMs, long maxMs, int type, byte[] data) {}

  /** One frame: a series' labels as {@code name=value}, and chunks of it. */
  record Frame(List<String> labels, List<Chunk> chunks) {}

  private ReadFrames() {}

  /**
   * Asks for everything of some metrics up to a time.
   *
   * @param names a regular expression
   * @param forms of the answer, the wanted first
   */
  static byte[] request(String names, long toMs, int... forms) {
    var matcher = new ProtoOut().number(1, 2).text(2, "__name__").text(3, names);
    var query = new ProtoOut().number(1, 1_600_000_000_000L).number(2, toMs).message(3, matcher);
    var request = new ProtoOut().message(1, query);
    for (int form : forms) {
      request.number(2, form);
    }
    return Snappy.encode(request.bytes(), request.size());
  }

  /** Each frame of a stream, its checksum compared. */
  static List<Frame> of(byte[] stream) {
    var frames = new ArrayList<Frame>();
    var bytes = ByteBuffer.wrap(stream);
    while (bytes.hasRemaining()) {
      int length = 0;
      int shift = 0;
      byte next;
      do {
        next = bytes.get();
        length |= (next & 0x7f) << shift;
        shift += 7;
      } while (next < 0);
      int sum = bytes.getInt();
      var message = new byte[length];
      bytes.get(message);
      var crc = new CRC32C();
      crc.update(message);
      if ((int) crc.getValue() != sum) {
        throw new AssertionError("frame " + frames.size() + " has another checksum");
      }
      var in = new ProtoIn(message);
      in.next();
      frames.add(frame(in.message()));
    }
    return frames;
  }

  private static Frame frame(ProtoIn in) {
    var labels = new ArrayList<String>();
    var chunks = new ArrayList<Chunk>();
    for (int field = in.next(); field != 0; field = in.next()) {
      if (field == 1) {
        var label = in.message();
        label.next();
        var name = label.text();
        label.next();
        labels.add(name + "=" + label.text());
      } else if (field == 2) {
        chunks.add(chunk(in.message()));
      }
    }
    return new Frame(labels, chunks);
  }

  private static Chunk chunk(ProtoIn in) {
    long minMs = 0;
    long maxMs = 0;
    int type = 0;
    var data = new byte[0];
    for (int field = in.next(); field != 0; field = in.next()) {
      switch (field) {
        case 1 -> minMs = in.number();
        case 2 -> maxMs = in.number();
        case 3 -> type = (int) in.number();
        default -> data = in.bytes();
      }
    }
    return new Chunk(minMs, maxMs, type, data);
  }

  /** Bits of a chunk, from the highest. */
  static final class Bits {
    private final byte[] bytes;
    private int bit;

    Bits(byte[] bytes, int from) {
      this.bytes = bytes;
      this.bit = 8 * from;
    }

    long read(int width) {
      long value = 0;
      for (int i = 0; i < width; i++, bit++) {
        value = value << 1 | bytes[bit >>> 3] >>> 7 - (bit & 7) & 1;
      }
      return value;
    }

    long signed(int width) {
      long value = read(width);
      return width > 0 && width < 64 && value > 1L << width - 1 ? value - (1L << width) : value;
    }

    int ones(int most) {
      int ones = 0;
      while (ones < most && read(1) == 1) {
        ones++;
      }
      return ones;
    }

    long uvarint() {
      long value = 0;
      for (int shift = 0;; shift += 7) {
        long next = read(8);
        value |= (next & 0x7f) << shift;
        if (next < 0x80) {
          return value;
        }
      }
    }

    /** A number of a histogram's chunk. */
    long number(boolean signed) {
      int ones = ones(8);
      int width = new int[] {0, 3, 6, 9, 12, 18, 25, 56, 64}[ones];
      return signed ? signed(width) : read(width);
    }
  }

  /** Times and values as {@code time:bits}. */
  static List<String> floats(byte[] chunk) {
    var in = new Bits(chunk, 2);
    var samples = new ArrayList<String>();
    long time = 0;
    long step = 0;
    long bits = 0;
    int leading = 0;
    int trailing = 0;
    for (int i = 0; i < ((chunk[0] & 0xff) << 8 | chunk[1] & 0xff); i++) {
      if (i == 0) {
        long zigzag = in.uvarint();
        time = zigzag >>> 1 ^ -(zigzag & 1);
        bits = in.read(64);
      } else {
        step = i == 1 ? in.uvarint() : step + in.signed(new int[] {0, 14, 17, 20, 64}[in.ones(4)]);
        time += step;
        if (in.read(1) == 1) {
          if (in.read(1) == 1) {
            leading = (int) in.read(5);
            int length = (int) in.read(6);
            trailing = 64 - leading - (length == 0 ? 64 : length);
          }
          bits ^= in.read(64 - leading - trailing) << trailing;
        }
      }
      samples.add(time + ":" + bits);
    }
    return samples;
  }

  /** The histogram of a chunk that holds one, and its time, read as the format says. */
  static TimedHistogram histogram(Chunk chunk) {
    var in = new Bits(chunk.data(), 2);
    boolean whole = chunk.type() == 2;
    var hint = switch ((int) in.read(2)) {
      case 0b10 -> ResetHint.RESET;
      case 0b01 -> ResetHint.NOT_RESET;
      case 0b11 -> ResetHint.GAUGE;
      default -> ResetHint.UNKNOWN;
    };
    in.read(6);
    int threshold = (int) in.read(8);
    double zeroThreshold = threshold == 0
        ? 0
        : threshold == 255
            ? Double.longBitsToDouble(in.read(64))
            : Math.scalb(0.5, threshold - 243);
    int schema = (int) in.number(true);
    var positive = spans(in);
    var negative = spans(in);
    var bounds = new double[schema == NativeHistogram.CUSTOM_BOUNDS ? (int) in.number(false) : 0];
    for (int i = 0; i < bounds.length; i++) {
      // One bit of zero, then the bound itself; otherwise thousandths of it, and one more.
      long thousandths = in.number(false);
      bounds[i] = thousandths == 0
          ? Double.longBitsToDouble(in.read(64))
          : (thousandths - 1) / 1000.0;
    }
    long timeMs = in.number(true);
    long count = whole ? in.number(false) : in.read(64);
    long zeroCount = whole ? in.number(false) : in.read(64);
    double sum = Double.longBitsToDouble(in.read(64));
    var positiveCounts = counts(in, positive, whole);
    var negativeCounts = counts(in, negative, whole);
    return new TimedHistogram(timeMs, new NativeHistogram(whole, hint, schema, zeroThreshold,
        zeroCount, count, sum, positive, positiveCounts, negative, negativeCounts, bounds));
  }

  record TimedHistogram(long timeMs, NativeHistogram histogram) {}

  private static int[] spans(Bits in) {
    var spans = new int[2 * (int) in.number(false)];
    for (int i = 0; i < spans.length; i += 2) {
      spans[i + 1] = (int) in.number(false);
      spans[i] = (int) in.number(true);
    }
    return spans;
  }

  private static long[] counts(Bits in, int[] spans, boolean whole) {
    int buckets = 0;
    for (int i = 1; i < spans.length; i += 2) {
      buckets += spans[i];
    }
    var counts = new long[buckets];
    long before = 0;
    for (int i = 0; i < buckets; i++) {
      before = whole ? before + in.number(true) : in.read(64);
      counts[i] = before;
    }
    return counts;
  }
}
