package io.throughline.collector;

import com.dynatrace.hash4j.hashing.Hasher128;
import com.dynatrace.hash4j.hashing.Hashing;
import io.throughline.model.Labels;
import io.throughline.model.SeriesMetadata;
import io.throughline.model.Tenant;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * Prometheus remote write, versions 1.0 ({@code prometheus.WriteRequest}) and 2.0 ({@code
 * io.prometheus.write.v2.Request}), read in place from the uncompressed protobuf bytes.
 *
 * <p>A series that comes after the same one as before is found by comparing its label bytes as they arrived,
 * any other by a keyed hash of them; labels are decoded only for a series not met before. Hot path: a sample of a known series allocates nothing. One decoder per thread.
 */
final class RemoteWriteDecoder {
  private final Admission admission;
  private final Registration registration;
  private final Hasher128 hash;
  private final Families families;
  private final ProtoCursor in = new ProtoCursor();
  private final ProtoCursor nested = new ProtoCursor();
  private final HistogramDecoder histograms = new HistogramDecoder();
  private int unreadFamiliesFrom = -1;
  private final Symbols symbols = new Symbols();

  /**
   * @param hashKey unknown to senders, the same in all decoders of a process
   * @param families what 1.0 senders said about metric families, shared by all decoders
   */
  RemoteWriteDecoder(Admission admission, Registration registration, long hashKey,
      Families families) {
    this.admission = admission;
    this.registration = registration;
    this.hash = Hashing.xxh3_128(hashKey);
    this.families = families;
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
        nested.reset(in.bytes, in.position, in.position + length);
        families.read(tenant, nested);
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
    var family = new ProtoCursor();
    ahead.reset(in.bytes, unreadFamiliesFrom, in.end);
    unreadFamiliesFrom = -1;
    while (ahead.hasMore()) {
      int tag = ahead.tag();
      if (tag == (3 << 3 | ProtoCursor.BYTES)) {
        int length = ahead.length();
        family.reset(in.bytes, ahead.position, ahead.position + length);
        families.read(tenant, family);
        ahead.position += length;
      } else {
        ahead.skip(tag & 7);
      }
    }
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
        case 3 << 3 | ProtoCursor.BYTES ->
          outcome.addExemplar(ExemplarDecoder.remoteWrite(nested, labelsV1(from, to), null));
        case 4 << 3 | ProtoCursor.BYTES -> histogram(handle, minMs, maxMs, nowMs, request, outcome);
        default -> nested.skip(tag & 7);
      }
    }
  }

  /** Whether more labels come behind those that were expected: then it is another series. */
  private boolean hasLabels(int from, int to) {
    if (to - from >= 2 && in.bytes[from] == (2 << 3 | ProtoCursor.BYTES)
        && in.bytes[from + 1] == to - from - 2) {
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
    return registration.define(tenant, value.getMostSignificantBits(),
        value.getLeastSignificantBits(), labels, families.of(tenant, labels.metricName()),
        countV1(from, to), request, outcome);
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
          case 1 << 3 | ProtoCursor.BYTES -> name = label.text();
          case 2 << 3 | ProtoCursor.BYTES -> value = label.text();
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
    in.reset(body, from, to);
    symbols.read(in);
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

  private void seriesV2(Tenant tenant, int from, int to, Intake.Request request, long nowMs,
      Outcome outcome) {
    symbols.beginSeries();
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
            symbols.addReference(nested.varint());
          }
        }
        case 1 << 3 -> symbols.addReference(nested.varint());
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
    int references = symbols.referenceCount();
    if (references == 0 || references % 2 != 0) {
      outcome.refuse(samples, "a series has " + references
          + " label references, want a name and a value for each label");
      return;
    }
    int hashed = symbols.gather();
    if (hashed < 0) {
      outcome.refuse(samples,
          "a series refers to a symbol beyond the " + symbols.count() + " of the request");
      return;
    }
    var labelBytes = symbols.gathered();
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
        case 3 << 3 | ProtoCursor.BYTES -> histogram(handle, minMs, maxMs, nowMs, request, outcome);
        case 4 << 3 | ProtoCursor.BYTES ->
          outcome.addExemplar(ExemplarDecoder.remoteWrite(nested, symbols.labels(), symbols::text));
        default -> nested.skip(tag & 7);
      }
    }
  }

  private int defineV2(Tenant tenant, int hashed, int metadataFrom, int metadataTo, int samples,
      Intake.Request request, Outcome outcome) {
    var reason = Admission.duplicateReason(symbols.names());
    if (reason != null) {
      outcome.refuse(samples, reason);
      return Intake.Request.REFUSED;
    }
    var metadata = SeriesMetadata.UNKNOWN;
    if (metadataFrom >= 0) {
      var cursor = new ProtoCursor();
      cursor.reset(in.bytes, metadataFrom, metadataTo);
      metadata = symbols.metadata(cursor);
    }
    var value = hash.hashBytesTo128Bits(symbols.gathered(), 0, hashed);
    return registration.define(tenant, value.getMostSignificantBits(),
        value.getLeastSignificantBits(), symbols.labels(), metadata, samples, request, outcome);
  }
}
