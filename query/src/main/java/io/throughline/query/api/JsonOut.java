package io.throughline.query.api;

import io.throughline.query.promql.Numbers;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;

/**
 * JSON as bytes, written once. Hot path: one {@link #value} per point allocates nothing for whole numbers. Commas are put
 * by the caller's {@link #comma}.
 */
final class JsonOut {

  private static final HexFormat HEX = HexFormat.of();

  private final OutputStream out;
  private final byte[] buffer = new byte[8 << 10];
  private int size;

  JsonOut(OutputStream out) {
    this.out = out;
  }

  @SuppressWarnings("deprecation") // Copies a Latin-1 text's bytes as they are, which is what ASCII wants.
  JsonOut raw(String ascii) {
    int length = ascii.length();
    if (length > buffer.length) {
      return text(ascii);
    }
    if (size + length > buffer.length) {
      drain();
    }
    ascii.getBytes(0, length, buffer, size);
    size += length;
    return this;
  }

  private void put(byte one) {
    if (size == buffer.length) {
      drain();
    }
    buffer[size++] = one;
  }

  private void drain() {
    try {
      out.write(buffer, 0, size);
    } catch (IOException gone) {
      throw new ApiFailure(ApiFailure.Type.CANCELED, "the client went away: " + gone.getMessage());
    }
    size = 0;
  }

  /** Text as it is, in UTF-8. */
  JsonOut text(String text) {
    var encoded = text.getBytes(StandardCharsets.UTF_8);
    return bytes(encoded, encoded.length);
  }

  JsonOut bytes(byte[] from, int length) {
    int at = 0;
    while (at < length) {
      if (size == buffer.length) {
        drain();
      }
      int piece = Math.min(length - at, buffer.length - size);
      System.arraycopy(from, at, buffer, size, piece);
      size += piece;
      at += piece;
    }
    return this;
  }

  void finish() {
    drain();
  }

  /** A comma before every element but the first. */
  JsonOut comma(boolean first) {
    if (!first) {
      put((byte) ',');
    }
    return this;
  }

  JsonOut string(String text) {
    put((byte) '"');
    int i = 0;
    int length = text.length();
    while (i < length) {
      char c = text.charAt(i);
      if (c == '"' || c == '\\') {
        put((byte) '\\');
        put((byte) c);
      } else if (c >= 0x20 && c < 0x80) {
        put((byte) c);
      } else if (c < 0x20) {
        switch (c) {
          case '\n' -> raw("\\n");
          case '\r' -> raw("\\r");
          case '\t' -> raw("\\t");
          default -> raw("\\u").raw(HEX.toHexDigits(c));
        }
      } else {
        int end = i + 1;
        while (end < length && text.charAt(end) >= 0x80) {
          end++;
        }
        for (byte one : text.substring(i, end).getBytes(StandardCharsets.UTF_8)) {
          put(one);
        }
        i = end;
        continue;
      }
      i++;
    }
    put((byte) '"');
    return this;
  }

  JsonOut key(String name) {
    string(name);
    put((byte) ':');
    return this;
  }

  JsonOut whole(long number) {
    if (number < 0) {
      put((byte) '-');
      if (number == Long.MIN_VALUE) {
        return raw("9223372036854775808");
      }
      return whole(-number);
    }
    if (size + 20 > buffer.length) {
      drain();
    }
    long rest = number;
    int digits = 1;
    for (long power = 10; digits < 19 && number >= power; power *= 10) {
      digits++;
    }
    for (int at = size + digits - 1; at >= size; at--) {
      long next = rest / 10;
      buffer[at] = (byte) ('0' + (rest - next * 10));
      rest = next;
    }
    size += digits;
    return this;
  }

  /** Milliseconds as seconds: {@code 1}, {@code 1.500}. */
  JsonOut time(long millis) {
    long size = Math.abs(millis);
    if (millis < 0) {
      put((byte) '-');
    }
    whole(size / 1000);
    long fraction = size % 1000;
    if (fraction != 0) {
      put((byte) '.');
      put((byte) ('0' + fraction / 100));
      put((byte) ('0' + fraction / 10 % 10));
      put((byte) ('0' + fraction % 10));
    }
    return this;
  }

  /** A sample's value as Prometheus quotes it. */
  JsonOut value(double value) {
    put((byte) '"');
    double size = Math.abs(value);
    if (value == Math.rint(value) && size < 1L << 53) {
      if (value == 0 && 1 / value < 0) {
        put((byte) '-');
      }
      whole((long) value);
    } else if (size != 0 && (size < 1e-6 || size >= 1e21)) {
      raw(Numbers.exponential(value));
    } else {
      raw(Numbers.plain(value));
    }
    put((byte) '"');
    return this;
  }
}
