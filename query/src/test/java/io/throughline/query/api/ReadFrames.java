package io.throughline.query.api;

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
}
