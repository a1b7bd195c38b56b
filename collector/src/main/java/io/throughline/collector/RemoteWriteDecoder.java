package io.throughline.collector;

import com.dynatrace.hash4j.hashing.Hasher128;
import com.dynatrace.hash4j.hashing.Hashing;
import io.throughline.model.Failure;
import io.throughline.model.Labels;
import io.throughline.model.MetricType;
import io.throughline.model.SeriesMetadata;
import io.throughline.model.Tenant;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * Prometheus remote write, versions 1.0 ({@code prometheus.WriteRequest}) and 2.0 ({@code
 * io.prometheus.write.v2.Request}), read in place from the uncompressed protobuf bytes.
 *
 * <p>A series that comes after the same one as before is found by comparing its label bytes as they arrived,
 * any other by a keyed hash of them; labels are decoded only for a series not met before. Hot path: a sample of a known series allocates nothing. One decoder per thread.
 */
final class RemoteWriteDecoder {
  private static final int MAX_FAMILIES = 20_000;

  private final Admission admission;
  private final Registration registration;
  private final Hasher128 hash;
  private final Map<Family, SeriesMetadata> families;
  private final ProtoCursor in = new ProtoCursor();
  private final ProtoCursor nested = new ProtoCursor();
  private final HistogramDecoder histograms = new HistogramDecoder();
  private int unreadFamiliesFrom = -1;
  private byte[] labelBytes = new byte[1024];
  private int[] symbolStarts = new int[256];
  private int[] symbolEnds = new int[256];
  private int symbolCount;
  private int[] references = new int[64];
  private int referenceCount;

  /** A metric family of one tenant: what 1.0's metadata messages are about. */
  record Family(Tenant tenant, String name) {}

  /**
   * @param hashKey unknown to senders, the same in all decoders of a process
   * @param families what 1.0 senders said about metric families, shared by all decoders
   */
  RemoteWriteDecoder(Admission admission, Registration registration, long hashKey,
      Map<Family, SeriesMetadata> families) {
    this.admission = admission;
    this.registration = registration;
    this.hash = Hashing.xxh3_128(hashKey);
    this.families = families;
  }

  static Map<Family, SeriesMetadata> newFamilies() {
    return new ConcurrentHashMap<>();
  }

  /** Takes a 1.0 request into {@code request}. */
  Outcome decodeV1(Tenant tenant, byte[] body, int from, int to, Intake.Request request,
      long nowMs) {
    var outcome = new Outcome();
    unreadFamiliesFrom = from;
    in.reset(body, from, to);
    while (in.hasMore()) {
      int tag = in.tag();
      if (tag >>> 3 == 1) {
        in.expect(tag & 7, ProtoCursor.BYTES, "timeseries");
        int length = in.length();
        seriesV1(tenant, in.position, in.position + length, request, nowMs, outcome);
        in.position += length;
      } else if (tag >>> 3 == 3) {
        in.expect(tag & 7, ProtoCursor.BYTES, "metadata");
        int length = in.length();
        readFamily(tenant, in.position, in.position + length);
        in.position += length;
      } else {
        in.skip(tag & 7);
      }
    }
    return outcome;
  }

  /** Metadata describes series of the same request, also those before it: read on before one is defined. */
  private void readFamilies(Tenant tenant) {
    if (unreadFamiliesFrom < 0) {
      return;
    }
    var ahead = new ProtoCursor();
    ahead.reset(in.bytes, unreadFamiliesFrom, in.end);
    unreadFamiliesFrom = -1;
    while (ahead.hasMore()) {
      int tag = ahead.tag();
      if (tag == (3 << 3 | ProtoCursor.BYTES)) {
        int length = ahead.length();
        readFamily(tenant, ahead.position, ahead.position + length);
        ahead.position += length;
      } else {
        ahead.skip(tag & 7);
      }
    }
  }

  private void readFamily(Tenant tenant, int from, int to) {
    var family = new ProtoCursor();
    family.reset(in.bytes, from, to);
    int type = 0;
    var name = "";
    var help = "";
    var unit = "";
    while (family.hasMore()) {
      int tag = family.tag();
      switch (tag) {
        case 1 << 3 -> type = (int) family.varint();
        case 2 << 3 | ProtoCursor.BYTES -> name = string(family);
        case 4 << 3 | ProtoCursor.BYTES -> help = string(family);
        case 5 << 3 | ProtoCursor.BYTES -> unit = string(family);
        default -> family.skip(tag & 7);
      }
    }
    if (!name.isEmpty() && (families.size() < MAX_FAMILIES || families.containsKey(new Family(
        tenant, name)))) {
      families.put(new Family(tenant, name), new SeriesMetadata(MetricType.ofCode(type), unit,
          Admission.abbreviate(help)));
    }
  }

  private static String string(ProtoCursor cursor) {
    int length = cursor.length();
    var text = new String(cursor.bytes, cursor.position, length, StandardCharsets.UTF_8);
    cursor.position += length;
    return text;
  }

  private void seriesV1(Tenant tenant, int from, int to, Intake.Request request, long nowMs,
      Outcome outcome) {
    int handle = request.findNext(in.bytes, from, to);
    int rest = handle < 0 ? from : from + request.matchedBytes();
    if (handle < 0 || hasLabels(rest, to)) {
      handle = lookUpV1(tenant, from, to, request, outcome);
      rest = from;
    }
    if (handle < 0) {
      if (handle <= Intake.Request.DROPPED) {
        outcome.drop(Intake.Request.DROPPED - handle, countV1(from, to));
      }
      return;
    }
    long minMs = admission.minTimeMs(nowMs);
    long maxMs = admission.maxTimeMs(nowMs);
    nested.reset(in.bytes, rest, to);
    while (nested.hasMore()) {
      int tag = nested.tag();
      switch (tag) {
        case 2 << 3 | ProtoCursor.BYTES -> sample(handle, minMs, maxMs, nowMs, request, outcome);
        case 3 << 3 | ProtoCursor.BYTES -> outcome.addExemplar(ExemplarDecoder.remoteWrite(nested,
            labelsV1(from, to), null));
        case 4 << 3 | ProtoCursor.BYTES -> histogram(handle, minMs, maxMs, nowMs, request,
            outcome);
        default -> nested.skip(tag & 7);
      }
    }
  }

  /** Whether more labels come behind those that were expected: then it is another series. */
  private boolean hasLabels(int from, int to) {
    if (to - from >= 2 && in.bytes[from] == (2 << 3 | ProtoCursor.BYTES) && in.bytes[from
        + 1] == to - from - 2) {
      // As nearly always: one sample, and the series ends.
      return false;
    }
    nested.reset(in.bytes, from, to);
    while (nested.hasMore()) {
      int tag = nested.tag();
      if (tag >>> 3 == 1) {
        return true;
      }
      nested.skip(tag & 7);
    }
    return false;
  }

  /** The series by the hash of its labels, or by its labels where it is new; a handle or a negative number. */
  private int lookUpV1(Tenant tenant, int from, int to, Intake.Request request, Outcome outcome) {
    int labelsFrom = -1;
    int labelsTo = -1;
    boolean scattered = false;
    nested.reset(in.bytes, from, to);
    while (nested.hasMore()) {
      int fieldAt = nested.position;
      int tag = nested.tag();
      if (tag == (1 << 3 | ProtoCursor.BYTES)) {
        nested.skipBytes();
        scattered |= labelsTo >= 0 && labelsTo != fieldAt;
        labelsFrom = labelsFrom < 0 ? fieldAt : labelsFrom;
        labelsTo = nested.position;
      } else {
        nested.skip(tag & 7);
      }
    }
    if (labelsFrom < 0) {
      outcome.refuse(countV1(from, to), "a series has no labels");
      return Intake.Request.REFUSED;
    }
    var hashed = in.bytes;
    int hashedFrom = labelsFrom;
    int hashedLength = labelsTo - labelsFrom;
    if (scattered) {
      // No sender does this, but protobuf allows it: such a series is hashed by its decoded labels.
      hashed = labelsV1(from, to).toString().getBytes(StandardCharsets.UTF_8);
      hashedFrom = 0;
      hashedLength = hashed.length;
    }
    int handle = find(request, hashed, hashedFrom, hashedLength);
    if (handle == Intake.Request.UNKNOWN) {
      handle = define(tenant, from, to, hashed, hashedFrom, hashedLength, request, outcome);
    }
    if (handle >= 0 && labelsFrom == from && !scattered) {
      request.arrivedAs(handle, in.bytes, labelsFrom, labelsTo);
    }
    return handle;
  }

  private int find(Intake.Request request, byte[] bytes, int from, int length) {
    var value = hash.hashBytesTo128Bits(bytes, from, length);
    return request.find(value.getMostSignificantBits(), value.getLeastSignificantBits());
  }

  private int define(Tenant tenant, int from, int to, byte[] hashed, int hashedFrom,
      int hashedLength, Intake.Request request, Outcome outcome) {
    readFamilies(tenant);
    var names = new ArrayList<String>();
    var labels = labelsV1(from, to, names);
    var reason = Admission.duplicateReason(names);
    if (reason != null) {
      outcome.refuse(countV1(from, to), reason);
      return Intake.Request.REFUSED;
    }
    var value = hash.hashBytesTo128Bits(hashed, hashedFrom, hashedLength);
    return registration.define(tenant, value.getMostSignificantBits(), value
        .getLeastSignificantBits(), labels, familyOf(tenant, labels.metricName()), countV1(from,
            to), request, outcome);
  }

  private SeriesMetadata familyOf(Tenant tenant, String metric) {
    var known = families.get(new Family(tenant, metric));
    for (var suffix : List.of("_total", "_bucket", "_sum", "_count")) {
      if (known == null && metric.endsWith(suffix)) {
        known = families.get(new Family(tenant, metric.substring(0, metric.length() - suffix
            .length())));
      }
    }
    return known == null ? SeriesMetadata.UNKNOWN : known;
  }

  private Labels labelsV1(int from, int to) {
    return labelsV1(from, to, new ArrayList<>());
  }

  private Labels labelsV1(int from, int to, List<String> names) {
    var builder = new Labels.Builder();
    var series = new ProtoCursor();
    var label = new ProtoCursor();
    series.reset(in.bytes, from, to);
    while (series.hasMore()) {
      int tag = series.tag();
      if (tag != (1 << 3 | ProtoCursor.BYTES)) {
        series.skip(tag & 7);
        continue;
      }
      int length = series.length();
      label.reset(in.bytes, series.position, series.position + length);
      series.position += length;
      var name = "";
      var value = "";
      while (label.hasMore()) {
        int field = label.tag();
        switch (field) {
          case 1 << 3 | ProtoCursor.BYTES -> name = string(label);
          case 2 << 3 | ProtoCursor.BYTES -> value = string(label);
          default -> label.skip(field & 7);
        }
      }
      names.add(name);
      builder.set(name, value);
    }
    return builder.build();
  }

  private int countV1(int from, int to) {
    var cursor = new ProtoCursor();
    cursor.reset(in.bytes, from, to);
    int count = 0;
    while (cursor.hasMore()) {
      int tag = cursor.tag();
      count += tag >>> 3 == 2 || tag >>> 3 == 4 ? 1 : 0;
      cursor.skip(tag & 7);
    }
    return count;
  }

  /** One sample of the series that {@code nested} stands in. Field 3, the start, is 2.0's. */
  private void sample(int handle, long minMs, long maxMs, long nowMs, Intake.Request request,
      Outcome outcome) {
    int sampleEnd = nested.length() + nested.position;
    int seriesEnd = nested.end;
    nested.end = sampleEnd;
    long bits = 0;
    long timeMs = 0;
    long startMs = 0;
    while (nested.hasMore()) {
      int tag = nested.tag();
      switch (tag) {
        case 1 << 3 | ProtoCursor.FIXED64 -> bits = nested.fixed64();
        case 2 << 3 -> timeMs = nested.varint();
        case 3 << 3 -> startMs = nested.varint();
        default -> nested.skip(tag & 7);
      }
    }
    nested.end = seriesEnd;
    if (timeMs < minMs || timeMs > maxMs) {
      outcome.refuse(1, admission.timeReason(timeMs, nowMs));
      return;
    }
    request.sample(handle, timeMs, Math.max(0, startMs), Double.longBitsToDouble(bits));
    outcome.samples++;
  }

  private void histogram(int handle, long minMs, long maxMs, long nowMs, Intake.Request request,
      Outcome outcome) {
    int histogramEnd = nested.length() + nested.position;
    int seriesEnd = nested.end;
    nested.end = histogramEnd;
    var histogram = histograms.read(nested);
    nested.end = seriesEnd;
    nested.position = histogramEnd;
    long timeMs = histograms.timeMs();
    var reason = timeMs < minMs || timeMs > maxMs
        ? admission.timeReason(timeMs, nowMs)
        : histogram.invalidReason();
    if (reason != null) {
      outcome.refuse(1, reason);
      return;
    }
    request.histogram(handle, timeMs, Math.max(0, histograms.startMs()), histogram);
    outcome.histograms++;
  }

  /** Takes a 2.0 request into {@code request}. */
  Outcome decodeV2(Tenant tenant, byte[] body, int from, int to, Intake.Request request,
      long nowMs) {
    var outcome = new Outcome();
    readSymbols(body, from, to);
    in.reset(body, from, to);
    while (in.hasMore()) {
      int tag = in.tag();
      if (tag >>> 3 == 5) {
        in.expect(tag & 7, ProtoCursor.BYTES, "timeseries");
        int length = in.length();
        seriesV2(tenant, in.position, in.position + length, request, nowMs, outcome);
        in.position += length;
      } else {
        in.skip(tag & 7);
      }
    }
    return outcome;
  }

  private void readSymbols(byte[] body, int from, int to) {
    symbolCount = 0;
    in.reset(body, from, to);
    while (in.hasMore()) {
      int tag = in.tag();
      if (tag >>> 3 != 4) {
        in.skip(tag & 7);
        continue;
      }
      in.expect(tag & 7, ProtoCursor.BYTES, "symbols");
      int length = in.length();
      if (symbolCount == symbolStarts.length) {
        symbolStarts = Arrays.copyOf(symbolStarts, symbolCount * 2);
        symbolEnds = Arrays.copyOf(symbolEnds, symbolCount * 2);
      }
      symbolStarts[symbolCount] = in.position;
      in.position += length;
      symbolEnds[symbolCount++] = in.position;
    }
    if (symbolCount > 0 && symbolEnds[0] != symbolStarts[0]) {
      throw Failure.user("the first symbol of a 2.0 request must be the empty string, got "
          + (symbolEnds[0] - symbolStarts[0]) + " bytes");
    }
  }

  private void seriesV2(Tenant tenant, int from, int to, Intake.Request request, long nowMs,
      Outcome outcome) {
    referenceCount = 0;
    int metadataFrom = -1;
    int metadataTo = -1;
    int samples = 0;
    nested.reset(in.bytes, from, to);
    while (nested.hasMore()) {
      int tag = nested.tag();
      switch (tag) {
        case 1 << 3 | ProtoCursor.BYTES -> {
          int end = nested.length() + nested.position;
          while (nested.position < end) {
            addReference(nested.varint());
          }
        }
        case 1 << 3 -> addReference(nested.varint());
        case 5 << 3 | ProtoCursor.BYTES -> {
          int length = nested.length();
          metadataFrom = nested.position;
          nested.position += length;
          metadataTo = nested.position;
        }
        default -> {
          samples += tag >>> 3 == 2 || tag >>> 3 == 3 ? 1 : 0;
          nested.skip(tag & 7);
        }
      }
    }
    if (referenceCount == 0 || referenceCount % 2 != 0) {
      outcome.refuse(samples, "a series has " + referenceCount
          + " label references, want a name and a value for each label");
      return;
    }
    int hashed = gatherLabels();
    if (hashed < 0) {
      outcome.refuse(samples, "a series refers to a symbol beyond the " + symbolCount
          + " of the request");
      return;
    }
    int handle = request.findNext(labelBytes, 0, hashed);
    if (handle < 0 || request.matchedBytes() != hashed) {
      handle = find(request, labelBytes, 0, hashed);
      if (handle == Intake.Request.UNKNOWN) {
        handle = defineV2(tenant, hashed, metadataFrom, metadataTo, samples, request, outcome);
      }
      if (handle >= 0) {
        request.arrivedAs(handle, labelBytes, 0, hashed);
      }
    }
    if (handle < 0) {
      if (handle <= Intake.Request.DROPPED) {
        outcome.drop(Intake.Request.DROPPED - handle, samples);
      }
      return;
    }
    long minMs = admission.minTimeMs(nowMs);
    long maxMs = admission.maxTimeMs(nowMs);
    nested.reset(in.bytes, from, to);
    while (nested.hasMore()) {
      int tag = nested.tag();
      switch (tag) {
        case 2 << 3 | ProtoCursor.BYTES -> sample(handle, minMs, maxMs, nowMs, request, outcome);
        case 3 << 3 | ProtoCursor.BYTES -> histogram(handle, minMs, maxMs, nowMs, request,
            outcome);
        case 4 << 3 | ProtoCursor.BYTES -> outcome.addExemplar(ExemplarDecoder.remoteWrite(nested,
            labelsV2(), this::symbol));
        default -> nested.skip(tag & 7);
      }
    }
  }

  private void addReference(long reference) {
    if (referenceCount == references.length) {
      references = Arrays.copyOf(references, referenceCount * 2);
    }
    references[referenceCount++] = reference < 0 || reference > Integer.MAX_VALUE
        ? Integer.MAX_VALUE
        : (int) reference;
  }

  /**
   * Puts the strings that the references mean behind each other, each after its length: references are
   * numbers of this request alone, so only the strings can be hashed. Returns the number of bytes, or -1
   * where a reference leads nowhere.
   */
  private int gatherLabels() {
    int size = 0;
    for (int i = 0; i < referenceCount; i++) {
      int symbol = references[i];
      if (symbol >= symbolCount) {
        return -1;
      }
      int length = symbolEnds[symbol] - symbolStarts[symbol];
      if (labelBytes.length - size < length + 4) {
        labelBytes = Arrays.copyOf(labelBytes, Math.max(labelBytes.length * 2, size + length + 4));
      }
      labelBytes[size++] = (byte) length;
      labelBytes[size++] = (byte) (length >>> 8);
      labelBytes[size++] = (byte) (length >>> 16);
      labelBytes[size++] = (byte) (length >>> 24);
      System.arraycopy(in.bytes, symbolStarts[symbol], labelBytes, size, length);
      size += length;
    }
    return size;
  }

  private int defineV2(Tenant tenant, int hashed, int metadataFrom, int metadataTo, int samples,
      Intake.Request request, Outcome outcome) {
    var names = new ArrayList<String>();
    for (int i = 0; i < referenceCount; i += 2) {
      names.add(symbol(references[i]));
    }
    var labels = labelsV2();
    var reason = Admission.duplicateReason(names);
    if (reason != null) {
      outcome.refuse(samples, reason);
      return Intake.Request.REFUSED;
    }
    var metadata = metadataFrom < 0 ? null : metadataV2(metadataFrom, metadataTo);
    var value = hash.hashBytesTo128Bits(labelBytes, 0, hashed);
    return registration.define(tenant, value.getMostSignificantBits(), value
        .getLeastSignificantBits(), labels, metadata == null ? SeriesMetadata.UNKNOWN : metadata,
        samples, request, outcome);
  }

  private Labels labelsV2() {
    var builder = new Labels.Builder();
    for (int i = 0; i < referenceCount; i += 2) {
      builder.set(symbol(references[i]), symbol(references[i + 1]));
    }
    return builder.build();
  }

  private @Nullable SeriesMetadata metadataV2(int from, int to) {
    var cursor = new ProtoCursor();
    cursor.reset(in.bytes, from, to);
    int type = 0;
    long help = 0;
    long unit = 0;
    while (cursor.hasMore()) {
      int tag = cursor.tag();
      switch (tag) {
        case 1 << 3 -> type = (int) cursor.varint();
        case 3 << 3 -> help = cursor.varint();
        case 4 << 3 -> unit = cursor.varint();
        default -> cursor.skip(tag & 7);
      }
    }
    return new SeriesMetadata(MetricType.ofCode(type), symbol(unit), Admission.abbreviate(symbol(
        help)));
  }

  private String symbol(long reference) {
    if (reference < 0 || reference >= symbolCount) {
      return "";
    }
    int at = (int) reference;
    return new String(in.bytes, symbolStarts[at], symbolEnds[at] - symbolStarts[at],
        StandardCharsets.UTF_8);
  }
}
