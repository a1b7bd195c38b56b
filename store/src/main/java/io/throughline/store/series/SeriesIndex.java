package io.throughline.store.series;

import com.dynatrace.hash4j.hashing.Hashing;
import io.throughline.model.Failure;
import io.throughline.model.Matcher;
import io.throughline.model.Tenant;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import org.apache.lucene.analysis.TokenStream;
import org.apache.lucene.analysis.tokenattributes.BytesTermAttribute;
import org.apache.lucene.document.Field;
import org.apache.lucene.document.FieldType;
import org.apache.lucene.index.DirectoryReader;
import org.apache.lucene.index.IndexOptions;
import org.apache.lucene.index.IndexWriter;
import org.apache.lucene.index.IndexWriterConfig;
import org.apache.lucene.index.LogDocMergePolicy;
import org.apache.lucene.index.SerialMergeScheduler;
import org.apache.lucene.index.Term;
import org.apache.lucene.index.TermsEnum;
import org.apache.lucene.search.BooleanClause;
import org.apache.lucene.search.BooleanQuery;
import org.apache.lucene.search.DocIdSetIterator;
import org.apache.lucene.search.IndexSearcher;
import org.apache.lucene.search.PrefixQuery;
import org.apache.lucene.search.Query;
import org.apache.lucene.search.ScoreMode;
import org.apache.lucene.search.TermInSetQuery;
import org.apache.lucene.search.TermQuery;
import org.apache.lucene.store.Directory;
import org.apache.lucene.util.BytesRef;
import org.apache.lucene.util.StringHelper;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Finds series by matchers: a Lucene index with one document per series and one term per label, plus a
 * scan of the series that are newer than its reader. No query waits for a reopen.
 *
 * <p>A term is the tenant's id, 0xFF, the label's name, 0xFF, its value: a byte that UTF-8 never holds,
 * so no prefix walk leaves its tenant or its name. The tenant's id and 0xFF alone stand on each of its
 * documents. Documents are added in the order of ids by one thread at a time and only neighbouring
 * segments are merged, so a document's number <em>is</em> the series id.
 *
 * <p>The index can be made again from the registry, and is, where it is damaged or holds series that the
 * manifest does not. It is committed only after a manifest that holds all its series.
 */
public final class SeriesIndex implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(SeriesIndex.class);
  private static final String FIELD = "p";
  private static final String COMMITTED_SERIES = "series";

  /** Fewer new series than this are scanned rather than indexed: a reopen costs 20 ms and more. */
  private static final int WORTH_REOPENING = 1000;
  private static final int MAX_TERM_BYTES = 32_000;
  private static final byte SEPARATOR = (byte) 0xff;
  private static final FieldType TERMS_ONLY = new FieldType();

  static {
    TERMS_ONLY.setIndexOptions(IndexOptions.DOCS);
    TERMS_ONLY.setOmitNorms(true);
    TERMS_ONLY.setTokenized(true);
    TERMS_ONLY.freeze();
  }

  private final Directory directory;
  private final Registry registry;
  private IndexWriter writer;
  private int added;
  private int committed;
  private volatile Indexed indexed;
  private volatile @Nullable String broken;

  /** A reader and the number of series it holds. */
  private record Indexed(DirectoryReader reader, int series) {}

  private SeriesIndex(Directory directory, Registry registry, IndexWriter writer, int added)
      throws IOException {
    this.directory = directory;
    this.registry = registry;
    this.writer = writer;
    this.added = added;
    committed = added;
    indexed = new Indexed(DirectoryReader.open(writer), added);
  }

  /**
   * Opens the index of a registry.
   *
   * @param known how many series the registry had when it was read: the index may not be ahead of it
   * @return the index, empty where the directory's content is damaged or ahead of the registry
   */
  public static SeriesIndex open(Directory directory, Registry registry, int known)
      throws IOException {
    try {
      if (DirectoryReader.indexExists(directory)) {
        var writer = writer(directory);
        try {
          int series = committedSeries(writer);
          if (series >= 0 && series <= known && writer.getDocStats().maxDoc == series
              && writer.getDocStats().numDocs == series) {
            return new SeriesIndex(directory, registry, writer, series);
          }
        } catch (IOException | RuntimeException damaged) {
          writer.rollback();
          throw damaged;
        }
        writer.rollback();
      }
    } catch (IOException | IllegalArgumentException damaged) {
      // Nothing is lost: what follows makes it again from the registry.
      LoggerFactory.getLogger(SeriesIndex.class)
          .warn("series index is made again error={}", damaged.toString());
    }
    for (var file : directory.listAll()) {
      directory.deleteFile(file);
    }
    return new SeriesIndex(directory, registry, writer(directory), 0);
  }

  private static int committedSeries(IndexWriter writer) {
    var data = writer.getLiveCommitData();
    if (data != null) {
      for (var entry : data) {
        if (entry.getKey().equals(COMMITTED_SERIES)) {
          return Integer.parseInt(entry.getValue());
        }
      }
    }
    return -1;
  }

  private static IndexWriter writer(Directory directory) throws IOException {
    var config = new IndexWriterConfig();
    config.setMergePolicy(new LogDocMergePolicy());
    config.setMergeScheduler(new SerialMergeScheduler());
    config.setRAMBufferSizeMB(32);
    config.setCommitOnClose(false);
    config.setUseCompoundFile(true);
    return new IndexWriter(directory, config);
  }

  // ---- keeping up, by one thread at a time ----

  /**
   * Indexes series up to {@code published}, if enough are new, and commits where {@code flushed}, the
   * number of series in the manifest, allows it.
   */
  public synchronized void catchUp(int published, int flushed) throws IOException {
    if (broken != null) {
      LOG.warn("series index is made again error={}", broken);
      rebuild();
      broken = null;
    }
    if (published - added >= WORTH_REOPENING
        || added < flushed && published == flushed && flushed - committed >= WORTH_REOPENING) {
      addUpTo(published);
    }
    if (added > committed && added <= flushed) {
      commit();
    }
  }

  private void addUpTo(int published) throws IOException {
    var tokens = new PairTokens();
    var document = List.of(new Field(FIELD, tokens, TERMS_ONLY));
    for (; added < published; added++) {
      tokens.series(added);
      writer.addDocument(document);
    }
    var before = indexed;
    var reader = DirectoryReader.openIfChanged(before.reader, writer);
    if (reader != null) {
      if (reader.maxDoc() != added) {
        reader.close();
        throw new IllegalStateException(
            "the index has " + reader.maxDoc() + " documents for " + added + " series");
      }
      indexed = new Indexed(reader, added);
      before.reader.decRef();
    }
  }

  private void commit() throws IOException {
    writer.setLiveCommitData(Map.of(COMMITTED_SERIES, Integer.toString(added)).entrySet());
    writer.commit();
    committed = added;
  }

  private void rebuild() throws IOException {
    writer.rollback();
    for (var file : directory.listAll()) {
      directory.deleteFile(file);
    }
    writer = writer(directory);
    added = 0;
    committed = 0;
    var before = indexed;
    indexed = new Indexed(DirectoryReader.open(writer), 0);
    before.reader.decRef();
  }

  /** The number of series that queries find through Lucene. */
  public int indexedSeries() {
    return indexed.series;
  }

  @Override
  public synchronized void close() throws IOException {
    writer.rollback();
    indexed.reader.decRef();
    directory.close();
  }

  /** The terms of one series' document. */
  private final class PairTokens extends TokenStream {
    private final BytesTermAttribute term = addAttribute(BytesTermAttribute.class);
    private byte[] tenant = new byte[0];
    private int[] numbers = new int[0];
    private int next;

    void series(int id) {
      numbers = registry.series(id);
      tenant = (registry.tenant(id).id()).getBytes(StandardCharsets.UTF_8);
    }

    @Override
    public void reset() {
      next = 0;
    }

    @Override
    public boolean incrementToken() {
      if (next == numbers.length) {
        return false;
      }
      clearAttributes();
      term.setBytesRef(
          next == 0 ? tenantTerm(tenant) : pairTerm(tenant, registry.pairBytes(numbers[next])));
      next++;
      return true;
    }
  }

  private static BytesRef tenantTerm(byte[] tenant) {
    var bytes = Arrays.copyOf(tenant, tenant.length + 1);
    bytes[tenant.length] = SEPARATOR;
    return new BytesRef(bytes);
  }

  /** The term of a pair in canonical form. */
  private static BytesRef pairTerm(byte[] tenant, byte[] pair) {
    int[] at = {0};
    int nameLength = varint(pair, at);
    int nameAt = at[0];
    at[0] += nameLength;
    int valueLength = varint(pair, at);
    return term(tenant, Arrays.copyOfRange(pair, nameAt, nameAt + nameLength),
        Arrays.copyOfRange(pair, at[0], at[0] + valueLength));
  }

  private static int varint(byte[] bytes, int[] at) {
    int value = 0;
    int shift = 0;
    byte next;
    do {
      next = bytes[at[0]++];
      value |= (next & 0x7f) << shift;
      shift += 7;
    } while (next < 0);
    return value;
  }

  private static BytesRef term(byte[] tenant, byte[] name, byte[] value) {
    var bytes = new byte[tenant.length + name.length + value.length + 2];
    System.arraycopy(tenant, 0, bytes, 0, tenant.length);
    bytes[tenant.length] = SEPARATOR;
    System.arraycopy(name, 0, bytes, tenant.length + 1, name.length);
    bytes[tenant.length + 1 + name.length] = SEPARATOR;
    System.arraycopy(value, 0, bytes, tenant.length + name.length + 2, value.length);
    if (bytes.length <= MAX_TERM_BYTES) {
      return new BytesRef(bytes);
    }
    // Lucene's terms are bounded: a longer one ends in a separator and a hash of the whole.
    var hash = Hashing.murmur3_128().hashBytesTo128Bits(bytes);
    var ending = HexFormat.of().formatHex(hash.toByteArray()).getBytes(StandardCharsets.US_ASCII);
    var cut = Arrays.copyOf(bytes, MAX_TERM_BYTES + 1 + ending.length);
    cut[MAX_TERM_BYTES] = SEPARATOR;
    System.arraycopy(ending, 0, cut, MAX_TERM_BYTES + 1, ending.length);
    return new BytesRef(cut);
  }

  // ---- searching, by any thread ----

  /** The ids below {@code count} that all matchers accept, ascending. */
  public int[] select(Tenant tenant, List<Matcher> matchers, int count) {
    Indexed current;
    do {
      current = indexed;
    } while (!current.reader.tryIncRef());
    try {
      var older = searchIndex(current, tenant, matchers, Math.min(count, current.series));
      if (current.series >= count) {
        return older;
      }
      var newer = registry.select(tenant, matchers, current.series, count);
      var all = Arrays.copyOf(older, older.length + newer.length);
      System.arraycopy(newer, 0, all, older.length, newer.length);
      return all;
    } catch (IOException | RuntimeException failed) {
      if (failed instanceof Failure wrongMatcher) {
        throw wrongMatcher;
      }
      // The registry answers too, only slower; the index is made again at the next look.
      broken = failed.toString();
      return registry.select(tenant, matchers, 0, count);
    } finally {
      release(current.reader);
    }
  }

  private static void release(DirectoryReader reader) {
    try {
      reader.decRef();
    } catch (IOException failed) {
      LOG.warn("reader of the series index not closed error={}", failed.toString());
    }
  }

  private int[] searchIndex(Indexed current, Tenant tenant, List<Matcher> matchers, int limit)
      throws IOException {
    if (limit == 0) {
      return new int[0];
    }
    var plan = new Plan(current.reader, tenant.id().getBytes(StandardCharsets.UTF_8));
    for (var matcher : matchers) {
      plan.add(matcher);
    }
    var query = plan.query();
    if (query == null) {
      return new int[0];
    }
    var searcher = new IndexSearcher(current.reader);
    searcher.setQueryCache(null);
    var weight = searcher.createWeight(searcher.rewrite(query), ScoreMode.COMPLETE_NO_SCORES, 1);
    var found = new int[256];
    int size = 0;
    for (var leaf : current.reader.leaves()) {
      var scorer = weight.scorer(leaf);
      if (scorer == null) {
        continue;
      }
      var documents = scorer.iterator();
      for (int doc = documents.nextDoc(); doc != DocIdSetIterator.NO_MORE_DOCS; doc = documents
          .nextDoc()) {
        int id = leaf.docBase + doc;
        if (id >= limit) {
          break;
        }
        if (size == found.length) {
          found = Arrays.copyOf(found, size * 2);
        }
        found[size++] = id;
      }
    }
    var ids = Arrays.copyOf(found, size);
    return plan.inexact ? registry.retain(tenant, matchers, ids) : ids;
  }

  /** Makes one query of matchers. */
  private static final class Plan {
    private final DirectoryReader reader;
    private final byte[] tenant;
    private final BooleanQuery.Builder query = new BooleanQuery.Builder();
    private boolean positive;
    private boolean impossible;

    /** Whether a value was too long for its term, so that what is found must be looked at again. */
    private boolean inexact;

    Plan(DirectoryReader reader, byte[] tenant) {
      this.reader = reader;
      this.tenant = tenant;
    }

    void add(Matcher matcher) throws IOException {
      var name = matcher.label().getBytes(StandardCharsets.UTF_8);
      if (matcher.operator() == Matcher.Operator.EQUAL && !matcher.value().isEmpty()) {
        require(new TermQuery(termOf(name, matcher.value())));
        return;
      }
      if (matcher.operator() == Matcher.Operator.NOT_EQUAL && !matcher.value().isEmpty()) {
        query.add(new TermQuery(termOf(name, matcher.value())), BooleanClause.Occur.MUST_NOT);
        return;
      }
      var prefix = term(tenant, name, new byte[0]);
      if (matcher.value().isEmpty() && matcher.operator() == Matcher.Operator.EQUAL) {
        query.add(new PrefixQuery(new Term(FIELD, prefix)), BooleanClause.Occur.MUST_NOT);
        return;
      }
      if (matcher.value().isEmpty() && matcher.operator() == Matcher.Operator.NOT_EQUAL) {
        require(new PrefixQuery(new Term(FIELD, prefix)));
        return;
      }
      var test = ValueTest.of(matcher);
      boolean missingToo = test.accepts("");
      var terms = terms(prefix, test, !missingToo);
      if (!missingToo) {
        impossible |= terms.isEmpty();
        require(new TermInSetQuery(FIELD, terms));
      } else if (!terms.isEmpty()) {
        query.add(new TermInSetQuery(FIELD, terms), BooleanClause.Occur.MUST_NOT);
      }
    }

    private void require(Query part) {
      positive = true;
      query.add(part, BooleanClause.Occur.FILTER);
    }

    private Term termOf(byte[] name, String value) {
      return new Term(FIELD, term(tenant, name, value.getBytes(StandardCharsets.UTF_8)));
    }

    /** The terms with the prefix whose value the test judges as wanted. */
    private List<BytesRef> terms(BytesRef prefix, ValueTest test, boolean wanted)
        throws IOException {
      var verdicts = new HashMap<BytesRef, Boolean>();
      var kept = new ArrayList<BytesRef>();
      boolean several = reader.leaves().size() > 1;
      for (var leaf : reader.leaves()) {
        var terms = leaf.reader().terms(FIELD);
        if (terms == null) {
          continue;
        }
        var walk = terms.iterator();
        if (walk.seekCeil(prefix) == TermsEnum.SeekStatus.END) {
          continue;
        }
        for (BytesRef at = walk.term(); at != null
            && StringHelper.startsWith(at, prefix); at = walk.next()) {
          if (several && verdicts.containsKey(at)) {
            continue;
          }
          boolean keep;
          if (at.length > MAX_TERM_BYTES) {
            // Only the whole value can be judged: find it, and look at it later.
            inexact = true;
            keep = wanted;
          } else {
            keep = test.accepts(new String(at.bytes, at.offset + prefix.length,
                at.length - prefix.length, StandardCharsets.UTF_8)) == wanted;
          }
          if (keep || several) {
            var copy = BytesRef.deepCopyOf(at);
            verdicts.put(copy, keep);
            if (keep) {
              kept.add(copy);
            }
          }
        }
      }
      return kept;
    }

    @Nullable
    Query query() {
      if (impossible) {
        return null;
      }
      if (!positive) {
        query.add(new TermQuery(new Term(FIELD, tenantTerm(tenant))), BooleanClause.Occur.FILTER);
      }
      return query.build();
    }
  }
}
