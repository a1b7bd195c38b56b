package io.throughline.store.series;

import com.dynatrace.hash4j.hashing.Hasher64;
import com.dynatrace.hash4j.hashing.Hashing;
import io.throughline.model.Fingerprint;
import io.throughline.model.Labels;
import io.throughline.model.Matcher;
import io.throughline.model.SeriesMetadata;
import io.throughline.model.Tenant;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.IntConsumer;
import org.jspecify.annotations.Nullable;

/**
 * Every series a shard has known, of all tenants, with dense ids in the order of their first use.
 *
 * <p>Label pairs are kept once; a series is its tenant and the numbers of its pairs, about 40 bytes. One
 * thread adds. Readers pass the number of series they may see, taken from a volatile read that follows
 * the adding, and read without locks.
 *
 * <p>Longer than most: adding and every way of reading share one layout in memory, which nobody else should know.
 */
public final class Registry {
  private static final Hasher64 PAIR_HASH = Hashing.komihash5_0();

  private final List<Tenant> tenants = new ArrayList<>();
  private volatile Tenant[] tenantArray = new Tenant[0];
  private final Map<Tenant, Integer> tenantOrdinals = new ConcurrentHashMap<>();
  private final List<Integer> tenantSeeds = new ArrayList<>();

  private final Slab pairSlab = new Slab();
  private final IntPages pairAddresses = new IntPages();
  private final IntPages pairHashes = new IntPages();
  private final IntPages pairNames = new IntPages();
  private int pairCount;
  private int[] pairTable = new int[1 << 10];

  private volatile String[] names = new String[0];
  private final Map<String, Integer> nameIds = new ConcurrentHashMap<>();

  private volatile SeriesMetadata[] metadata = {SeriesMetadata.UNKNOWN};
  private final Map<SeriesMetadata, Integer> metadataIds = new HashMap<>(
      Map.of(SeriesMetadata.UNKNOWN, 0));

  private final Slab seriesSlab = new Slab();
  private final IntPages seriesAddresses = new IntPages();
  private final IntPages lengths = new IntPages();
  private final IntPages seriesMetadata = new IntPages();
  private final IntPages fingerprints = new IntPages();
  private int seriesCount;
  private int[] seriesTable = new int[1 << 10];

  private final ValueIndex values = new ValueIndex();

  /** Pairs' values as strings, the last of each cell: a series' labels share most of theirs with the one before. */
  private final @Nullable Decoded[] decoded = new @Nullable Decoded[1 << 11];

  /** Series before the last flush whose metadata changed since. */
  private final Set<Integer> changedMetadata = new LinkedHashSet<>();
  private Flushed flushed = new Flushed(0, 0, 1, 0);
  private byte[] record = new byte[256];
  private byte[] canonical = new byte[1024];

  /** A pair's value. Immutable, so that readers need no lock to share it. */
  private record Decoded(int pair, String value) {}

  /** How much of the registry files hold: numbers of tenants, pairs, metadata and series. */
  record Flushed(int tenants, int pairs, int metadata, int series) {}

  // ---- writing, by one thread ----

  /** The id of a series, made at its first use. */
  public int seriesId(Tenant tenant, byte[] labels, int offset, int length,
      SeriesMetadata described) {
    int tenantOrdinal = tenantOrdinal(tenant);
    var fingerprint = Fingerprint.of(tenantSeeds.get(tenantOrdinal), labels, offset, length);
    int cell = cellOf(fingerprint);
    if (cell < 0) {
      int id = -cell - 1;
      if (!metadata[seriesMetadata.get(id)].equals(described)
          && !described.equals(SeriesMetadata.UNKNOWN)) {
        seriesMetadata.set(id, metadataId(described));
        if (id < flushed.series) {
          changedMetadata.add(id);
        }
      }
      return id;
    }
    int size = putVarint(0, tenantOrdinal);
    size = addPairs(labels, offset, offset + length, size);
    return add(cell, fingerprint, size, metadataId(described));
  }

  private int add(int cell, Fingerprint fingerprint, int recordSize, int metadataId) {
    int id = seriesCount;
    seriesAddresses.set(id, seriesSlab.add(record, 0, recordSize));
    lengths.set(id, recordSize);
    seriesMetadata.set(id, metadataId);
    fingerprints.set(4 * id, (int) fingerprint.high());
    fingerprints.set(4 * id + 1, (int) (fingerprint.high() >>> 32));
    fingerprints.set(4 * id + 2, (int) fingerprint.low());
    fingerprints.set(4 * id + 3, (int) (fingerprint.low() >>> 32));
    seriesTable[cell] = id + 1;
    seriesCount++;
    addValues(id, recordSize);
    if (seriesCount * 5L > seriesTable.length * 3L) {
      growSeriesTable(seriesTable.length * 2);
    }
    return id;
  }

  private void addValues(int id, int recordSize) {
    var cursor = new Cursor(record, 0);
    int tenant = cursor.varint();
    while (cursor.at < recordSize) {
      int pair = cursor.varint();
      values.add(tenant, pairNames.get(pair), pair, id);
    }
  }

  /** The free cell of a fingerprint, or -1 - id where it is known. */
  private int cellOf(Fingerprint fingerprint) {
    int mask = seriesTable.length - 1;
    int cell = (int) fingerprint.low() & mask;
    while (true) {
      int id = seriesTable[cell] - 1;
      if (id < 0) {
        return cell;
      }
      if (fingerprints.get(4 * id + 2) == (int) fingerprint.low()
          && fingerprints.get(4 * id + 3) == (int) (fingerprint.low() >>> 32)
          && fingerprints.get(4 * id) == (int) fingerprint.high()
          && fingerprints.get(4 * id + 1) == (int) (fingerprint.high() >>> 32)) {
        return -1 - id;
      }
      cell = cell + 1 & mask;
    }
  }

  private void growSeriesTable(int length) {
    var grown = new int[length];
    int mask = grown.length - 1;
    for (int id = 0; id < seriesCount; id++) {
      int cell = fingerprints.get(4 * id + 2) & mask;
      while (grown[cell] != 0) {
        cell = cell + 1 & mask;
      }
      grown[cell] = id + 1;
    }
    seriesTable = grown;
  }

  private int tenantOrdinal(Tenant tenant) {
    var known = tenantOrdinals.get(tenant);
    if (known != null) {
      return known;
    }
    int ordinal = tenants.size();
    tenants.add(tenant);
    tenantSeeds.add(Fingerprint.seed(tenant));
    // Thousands of tenants come one by one: the array is grown in steps.
    var array = tenantArray;
    if (ordinal == array.length) {
      array = Arrays.copyOf(array, Math.max(8, ordinal * 2));
    }
    array[ordinal] = tenant;
    tenantArray = array;
    tenantOrdinals.put(tenant, ordinal);
    return ordinal;
  }

  private int metadataId(SeriesMetadata described) {
    var known = metadataIds.get(described);
    if (known != null) {
      return known;
    }
    int id = metadataIds.size();
    metadataIds.put(described, id);
    var array = metadata;
    if (id == array.length) {
      array = Arrays.copyOf(array, id * 2);
    }
    array[id] = described;
    metadata = array;
    return id;
  }

  private int putVarint(int at, int value) {
    if (record.length - at < 5) {
      record = Arrays.copyOf(record, record.length * 2);
    }
    int position = at;
    int rest = value;
    while (rest >= 0x80) {
      record[position++] = (byte) (rest | 0x80);
      rest >>>= 7;
    }
    record[position++] = (byte) rest;
    return position;
  }

  private int addPairs(byte[] labels, int from, int end, int recordSize) {
    int size = recordSize;
    int position = from;
    while (position < end) {
      int start = position;
      for (int part = 0; part < 2; part++) {
        int length = 0;
        int shift = 0;
        byte next;
        do {
          next = labels[position++];
          length |= (next & 0x7f) << shift;
          shift += 7;
        } while (next < 0);
        position += length;
      }
      if (position > end) {
        throw new IllegalArgumentException(
            "label bytes end inside a label at byte " + (start - from));
      }
      size = putVarint(size, pairId(labels, start, position - start));
    }
    return size;
  }

  private int pairId(byte[] bytes, int offset, int length) {
    int hash = (int) PAIR_HASH.hashBytesToLong(bytes, offset, length);
    int mask = pairTable.length - 1;
    int cell = hash & mask;
    for (int id = pairTable[cell] - 1; id >= 0; id = pairTable[cell] - 1) {
      if (pairHashes.get(id) == hash && isPair(id, bytes, offset, length)) {
        return id;
      }
      cell = cell + 1 & mask;
    }
    int id = pairCount;
    pairAddresses.set(id, pairSlab.add(bytes, offset, length));
    pairHashes.set(id, hash);
    pairNames.set(id, nameId(pairName(id)));
    pairTable[cell] = id + 1;
    pairCount++;
    if (pairCount * 5L > pairTable.length * 3L) {
      growPairTable();
    }
    return id;
  }

  private boolean isPair(int id, byte[] bytes, int offset, int length) {
    // A pair says its own lengths, so equal bytes mean an equal pair.
    int address = pairAddresses.get(id);
    var page = pairSlab.page(address);
    int at = Slab.offset(address);
    return at + length <= page.length
        && Arrays.equals(page, at, at + length, bytes, offset, offset + length);
  }

  private void growPairTable() {
    var grown = new int[pairTable.length * 2];
    int mask = grown.length - 1;
    for (int id = 0; id < pairCount; id++) {
      int cell = pairHashes.get(id) & mask;
      while (grown[cell] != 0) {
        cell = cell + 1 & mask;
      }
      grown[cell] = id + 1;
    }
    pairTable = grown;
  }

  private int nameId(String name) {
    var known = nameIds.get(name);
    if (known != null) {
      return known;
    }
    int id = nameIds.size();
    var array = names;
    if (id == array.length) {
      array = Arrays.copyOf(array, Math.max(16, id * 2));
    }
    array[id] = name;
    names = array;
    nameIds.put(name, id);
    return id;
  }

  public int seriesCount() {
    return seriesCount;
  }

  /** Bytes of heap held, about. */
  public long bytes() {
    return pairSlab.bytes() + seriesSlab.bytes() + pairAddresses.bytes() + pairHashes.bytes()
        + pairNames.bytes() + lengths.bytes() + seriesAddresses.bytes() + seriesMetadata.bytes()
        + fingerprints.bytes() + values.bytes() + 4L * (pairTable.length + seriesTable.length);
  }

  // ---- files ----

  /** Whether something was added since the last flush. */
  public boolean isDirty() {
    return !changedMetadata.isEmpty() || seriesCount > flushed.series;
  }

  /** The content since the last flush, or everything. */
  byte[] content(boolean everything) {
    return RegistryFile.content(this, everything ? new Flushed(0, 0, 1, 0) : flushed,
        everything ? Set.of() : changedMetadata);
  }

  /** What was added until now is in a file that a manifest holds. */
  public void markFlushed() {
    flushed = new Flushed(tenants.size(), pairCount, metadataIds.size(), seriesCount);
    changedMetadata.clear();
  }

  List<Tenant> tenants() {
    return tenants;
  }

  int pairCount() {
    return pairCount;
  }

  int metadataCount() {
    return metadataIds.size();
  }

  SeriesMetadata metadataOf(int metadataId) {
    return metadata[metadataId];
  }

  int seriesMetadataId(int id) {
    return seriesMetadata.get(id);
  }

  /** Where a pair lies: its page, its first byte and its length. */
  byte[] pairBytes(int id) {
    int address = pairAddresses.get(id);
    var page = pairSlab.page(address);
    int at = Slab.offset(address);
    var cursor = new Cursor(page, at);
    cursor.skipString();
    cursor.skipString();
    return Arrays.copyOfRange(page, at, cursor.at);
  }

  /** Adds what a file holds; see {@link RegistryFile}. */
  void restoreTenant(Tenant tenant) {
    tenantOrdinal(tenant);
  }

  void restorePair(byte[] pair) {
    pairId(pair, 0, pair.length);
  }

  void restoreMetadata(SeriesMetadata described) {
    metadataId(described);
  }

  void restoreSeries(int tenantOrdinal, int[] pairs, int pairsSize, int metadataId) {
    int size = putVarint(0, tenantOrdinal);
    int length = 0;
    for (int i = 0; i < pairsSize; i++) {
      size = putVarint(size, pairs[i]);
      length = copyPair(pairs[i], length);
    }
    var fingerprint = Fingerprint.of(tenantSeeds.get(tenantOrdinal), canonical, 0, length);
    int cell = cellOf(fingerprint);
    if (cell < 0) {
      throw new IndexOutOfBoundsException(
          "series " + seriesCount + " repeats series " + (-cell - 1));
    }
    add(cell, fingerprint, size, metadataId);
  }

  /** Copies a pair to the canonical bytes from {@code at} on, without leaving anything to collect. */
  private int copyPair(int id, int at) {
    int address = pairAddresses.get(id);
    var page = pairSlab.page(address);
    int from = Slab.offset(address);
    int behind = skipString(page, skipString(page, from));
    int length = behind - from;
    if (canonical.length - at < length) {
      canonical = Arrays.copyOf(canonical, Math.max(canonical.length * 2, at + length));
    }
    System.arraycopy(page, from, canonical, at, length);
    return at + length;
  }

  private static int skipString(byte[] page, int from) {
    int at = from;
    int length = 0;
    int shift = 0;
    byte next;
    do {
      next = page[at++];
      length |= (next & 0x7f) << shift;
      shift += 7;
    } while (next < 0);
    return at + length;
  }

  /** Says that so many series follow, so that their table grows once. */
  void expectSeries(int more) {
    int length = seriesTable.length;
    while ((seriesCount + (long) more) * 5L > length * 3L) {
      length *= 2;
    }
    if (length > seriesTable.length) {
      growSeriesTable(length);
    }
  }

  void restoreMetadataOf(int id, int metadataId) {
    seriesMetadata.set(id, metadataId);
  }

  // ---- reading, by any thread ----

  private static final class Cursor {
    private byte[] page;
    private int at;

    Cursor(byte[] page, int at) {
      this.page = page;
      this.at = at;
    }

    int varint() {
      int value = 0;
      int shift = 0;
      byte next;
      do {
        next = page[at++];
        value |= (next & 0x7f) << shift;
        shift += 7;
      } while (next < 0);
      return value;
    }

    void skipString() {
      at = Registry.skipString(page, at);
    }

    String string() {
      int length = varint();
      at += length;
      return new String(page, at - length, length, StandardCharsets.UTF_8);
    }
  }

  private String pairName(int id) {
    int address = pairAddresses.get(id);
    return new Cursor(pairSlab.page(address), Slab.offset(address)).string();
  }

  /** The tenant's ordinal, then the pairs, of one series. */
  int[] series(int id) {
    var cursor = seriesCursor(id);
    var numbers = new int[1 + 32];
    numbers[0] = cursor.varint();
    int size = 1;
    int end = recordEnd(id);
    while (cursor.at < end) {
      if (size == numbers.length) {
        numbers = Arrays.copyOf(numbers, size * 2);
      }
      numbers[size++] = cursor.varint();
    }
    return Arrays.copyOf(numbers, size);
  }

  private int recordEnd(int id) {
    return Slab.offset(seriesAddresses.get(id)) + lengths.get(id);
  }

  public Tenant tenant(int id) {
    return tenantArray[seriesCursor(id).varint()];
  }

  public Labels labels(int id) {
    var cursor = seriesCursor(id);
    int end = recordEnd(id);
    cursor.varint();
    var known = names;
    var strings = new String[2 * 16];
    int size = 0;
    while (cursor.at < end) {
      int pair = cursor.varint();
      if (size == strings.length) {
        strings = Arrays.copyOf(strings, size * 2);
      }
      strings[size++] = known[pairNames.get(pair)];
      strings[size++] = pairValue(pair);
    }
    return Labels.ofOrdered(Arrays.copyOf(strings, size));
  }

  private Cursor seriesCursor(int id) {
    int address = seriesAddresses.get(id);
    return new Cursor(seriesSlab.page(address), Slab.offset(address));
  }

  public SeriesMetadata metadata(int id) {
    return metadata[seriesMetadata.get(id)];
  }

  /** The ids from {@code from} on and below {@code count} that all matchers accept, ascending. */
  int[] select(Tenant tenant, List<Matcher> matchers, int from, int count) {
    var ordinal = tenantOrdinals.get(tenant);
    var tests = tests(matchers);
    if (ordinal == null || tests == null) {
      return new int[0];
    }
    var found = new int[64];
    int size = 0;
    for (int id = from; id < count; id++) {
      if (accepts(id, ordinal, tests)) {
        if (size == found.length) {
          found = Arrays.copyOf(found, size * 2);
        }
        found[size++] = id;
      }
    }
    return Arrays.copyOf(found, size);
  }

  /** Those of the ids that all matchers accept. The array is the callee's. */
  int[] retain(Tenant tenant, List<Matcher> matchers, int[] ids) {
    var ordinal = tenantOrdinals.get(tenant);
    var tests = tests(matchers);
    if (ordinal == null || tests == null) {
      return new int[0];
    }
    int kept = 0;
    for (int id : ids) {
      if (accepts(id, ordinal, tests)) {
        ids[kept++] = id;
      }
    }
    return Arrays.copyOf(ids, kept);
  }

  private PairTest @Nullable [] tests(List<Matcher> matchers) {
    var tests = new PairTest[matchers.size()];
    for (int i = 0; i < tests.length; i++) {
      tests[i] = new PairTest(matchers.get(i));
      if (tests[i].nameId < 0 && !tests[i].acceptsMissing) {
        return null;
      }
    }
    return tests;
  }

  private boolean accepts(int id, int tenantOrdinal, PairTest[] tests) {
    int address = seriesAddresses.get(id);
    var page = seriesSlab.page(address);
    int start = Slab.offset(address);
    var cursor = new Cursor(page, start);
    if (cursor.varint() != tenantOrdinal) {
      return false;
    }
    int pairsAt = cursor.at;
    int end = start + lengths.get(id);
    for (var test : tests) {
      boolean accepted = test.acceptsMissing;
      cursor.at = pairsAt;
      while (cursor.at < end) {
        int pair = cursor.varint();
        if (pairNames.get(pair) == test.nameId) {
          accepted = test.accepts(pair);
          break;
        }
      }
      if (!accepted) {
        return false;
      }
    }
    return true;
  }

  /** The numbers of all label names the tenant ever had. */
  public int[] nameIds(Tenant tenant) {
    var ordinal = tenantOrdinals.get(tenant);
    return ordinal == null ? new int[0] : values.names(ordinal);
  }

  /** The number of a label name, -1 where no series has it. */
  public int nameIdOf(String name) {
    return nameIds.getOrDefault(name, -1);
  }

  public String name(int nameId) {
    return names[nameId];
  }

  /**
   * The newest {@code most} values a label name of a tenant ever had: of each the number of its pair, then
   * the first and the newest series that has it, which may be newer than a reader's view.
   */
  public int[] witnesses(Tenant tenant, int nameId, int most) {
    var ordinal = tenantOrdinals.get(tenant);
    if (ordinal == null || nameId < 0) {
      return new int[0];
    }
    var found = new Triples(most);
    values.values(ordinal, nameId, found);
    return Arrays.copyOf(found.numbers, found.size);
  }

  private static final class Triples implements ValueIndex.Visitor {
    private final int most;
    private int[] numbers = new int[48];
    private int size;

    Triples(int most) {
      this.most = most;
    }

    @Override
    public boolean value(int pair, int firstSeries, int newestSeries) {
      if (size == numbers.length) {
        numbers = Arrays.copyOf(numbers, size * 2);
      }
      numbers[size++] = pair;
      numbers[size++] = firstSeries;
      numbers[size++] = newestSeries;
      return size / 3 < most;
    }
  }

  /** The value of a pair. */
  public String pairValue(int id) {
    int cell = id & decoded.length - 1;
    var known = decoded[cell];
    if (known == null || known.pair != id) {
      int address = pairAddresses.get(id);
      var cursor = new Cursor(pairSlab.page(address), Slab.offset(address));
      cursor.skipString();
      known = new Decoded(id, cursor.string());
      decoded[cell] = known;
    }
    return known.value;
  }

  /** Sets the numbers of the label names that these of the tenant's series have. */
  public void collectNames(Tenant tenant, BitSet ids, BitSet into) {
    forEachPair(tenant, ids, pair -> into.set(pairNames.get(pair)));
  }

  /** Sets the numbers of the pairs with a label name that these of the tenant's series have. */
  public void collectPairs(Tenant tenant, int nameId, BitSet ids, BitSet into) {
    forEachPair(tenant, ids, pair -> {
      if (pairNames.get(pair) == nameId) {
        into.set(pair);
      }
    });
  }

  private void forEachPair(Tenant tenant, BitSet ids, IntConsumer pairs) {
    var ordinal = tenantOrdinals.get(tenant);
    if (ordinal == null) {
      return;
    }
    for (int id = ids.nextSetBit(0); id >= 0; id = ids.nextSetBit(id + 1)) {
      int address = seriesAddresses.get(id);
      var cursor = new Cursor(seriesSlab.page(address), Slab.offset(address));
      int end = cursor.at + lengths.get(id);
      if (cursor.varint() == ordinal) {
        while (cursor.at < end) {
          pairs.accept(cursor.varint());
        }
      }
    }
  }

  /** The distinct metadata of each metric name of a tenant, newest first. */
  public Map<String, Set<SeriesMetadata>> metadata(Tenant tenant, int count) {
    var nameId = nameIds.get(Labels.NAME);
    var byPair = new HashMap<Integer, List<SeriesMetadata>>();
    for (int id : select(tenant, List.of(), 0, count)) {
      var described = metadata(id);
      if (nameId == null || described.equals(SeriesMetadata.UNKNOWN)) {
        continue;
      }
      var numbers = series(id);
      for (int i = 1; i < numbers.length; i++) {
        if (pairNames.get(numbers[i]) == nameId) {
          var list = byPair.computeIfAbsent(numbers[i], key -> new ArrayList<>(1));
          if (list.isEmpty() || !list.getLast().equals(described)) {
            list.remove(described);
            list.add(described);
          }
        }
      }
    }
    var result = new TreeMap<String, Set<SeriesMetadata>>();
    byPair
        .forEach((pair, list) -> result.put(pairValue(pair), new LinkedHashSet<>(list.reversed())));
    return result;
  }

  /** Whether a pair's value has these bytes. */
  private boolean isValue(int pair, byte[] wanted) {
    int address = pairAddresses.get(pair);
    var cursor = new Cursor(pairSlab.page(address), Slab.offset(address));
    cursor.skipString();
    int length = cursor.varint();
    return length == wanted.length
        && Arrays.equals(cursor.page, cursor.at, cursor.at + length, wanted, 0, length);
  }

  /** A matcher with its verdicts per pair. */
  private final class PairTest {
    private static final int VERDICTS = 1 << 12;

    private final int nameId;
    private final boolean acceptsMissing;
    private final ValueTest test;
    /** The value where there is one that alone is judged in another way than all others; no verdicts are kept then. */
    private final byte @Nullable [] single;
    private final boolean acceptsSingle;
    private final byte[] verdicts;

    PairTest(Matcher matcher) {
      nameId = nameIds.getOrDefault(matcher.label(), -1);
      test = ValueTest.of(matcher);
      acceptsMissing = test.accepts("");
      acceptsSingle = matcher.operator() == Matcher.Operator.EQUAL;
      single = acceptsSingle || matcher.operator() == Matcher.Operator.NOT_EQUAL
          ? matcher.value().getBytes(StandardCharsets.UTF_8)
          : null;
      verdicts = new byte[single == null ? VERDICTS : 0];
    }

    boolean accepts(int pair) {
      if (single != null) {
        return isValue(pair, single) == acceptsSingle;
      }
      // Direct-mapped by the pair's number; regular expressions on few values are run once each.
      if (pair < verdicts.length) {
        if (verdicts[pair] == 0) {
          verdicts[pair] = (byte) (test.accepts(pairValue(pair)) ? 1 : 2);
        }
        return verdicts[pair] == 1;
      }
      return test.accepts(pairValue(pair));
    }
  }
}
