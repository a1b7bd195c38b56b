package io.throughline.agent.otlp;

import java.nio.charset.StandardCharsets;

/** Reads the collector's complaint from an {@code ExportMetricsServiceResponse}. */
final class PartialSuccess {

  private final byte[] bytes;
  private int at;
  private final int end;

  private PartialSuccess(byte[] bytes, int at, int end) {
    this.bytes = bytes;
    this.at = at;
    this.end = end;
  }

  /** What was rejected and why, or "" where nothing was (or the answer cannot be read as one). */
  static String message(byte[] response) {
    try {
      var outer = new PartialSuccess(response, 0, response.length);
      while (outer.at < outer.end) {
        int tag = (int) outer.varint();
        if (tag == (1 << 3 | 2)) {
          int length = (int) outer.varint();
          return new PartialSuccess(response, outer.at, Math.addExact(outer.at, length)).inner();
        }
        outer.skip(tag);
      }
      return "";
    } catch (ArrayIndexOutOfBoundsException | ArithmeticException e) {
      // Not protobuf (a proxy's page, an older collector's empty JSON): nothing was said to be rejected.
      return "";
    }
  }

  private String inner() {
    long rejected = 0;
    String text = "";
    while (at < end) {
      int tag = (int) varint();
      if (tag == 1 << 3) {
        rejected = varint();
      } else if (tag == (2 << 3 | 2)) {
        int length = (int) varint();
        if (length < 0 || length > bytes.length - at) {
          return "";
        }
        text = new String(bytes, at, length, StandardCharsets.UTF_8);
        at += length;
      } else {
        skip(tag);
      }
    }
    return rejected == 0 && text.isEmpty()
        ? ""
        : rejected + (rejected == 1 ? " point" : " points") + " rejected: " + text;
  }

  private void skip(int tag) {
    switch (tag & 7) {
      case 0 -> varint();
      case 1 -> at += 8;
      case 2 -> at = Math.addExact((int) varint(), at);
      case 5 -> at += 4;
      default -> throw new ArithmeticException("wire type " + (tag & 7));
    }
    if (at < 0) {
      throw new ArithmeticException("length");
    }
  }

  private long varint() {
    long value = 0;
    for (int shift = 0; shift < 64; shift += 7) {
      byte next = bytes[at++];
      value |= (long) (next & 0x7F) << shift;
      if (next >= 0) {
        return value;
      }
    }
    throw new ArithmeticException("varint longer than 10 bytes");
  }
}
