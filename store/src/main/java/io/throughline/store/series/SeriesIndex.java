package io.throughline.store.series;

import io.throughline.model.Failure;
import io.throughline.model.Matcher;
import io.throughline.model.Tenant;
import java.io.IOException;
import java.util.Arrays;
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
import org.apache.lucene.store.Directory;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Finds series by matchers: a Lucene index with one document per series and one term per label, plus a
 * scan of the series that are newer than its reader. No query waits for a reopen.
 *
 * <p>Documents are added in the order of ids by one thread at a time and only neighbouring segments are
 * merged, so a document's number <em>is</em> the series id. {@link IndexTerms} says what their terms are.
 *
 * <p>The index can be made again from the registry, and is, where it is damaged or holds series that the
 * manifest does not. It is committed only after a manifest that holds all its series.
 */
public final class SeriesIndex implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(SeriesIndex.class);
  private static final String COMMITTED_SERIES = "series";

  /** Fewer new series than this are scanned rather than indexed: a reopen costs 20 ms and more. */
  private static final int WORTH_REOPENING = 1000;

  /** The same where none came since the last look, so that what a start brought is not scanned for ever. */
  private static final int WORTH_REOPENING_WHEN_QUIET = 200;
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
  private int lastPublished = -1;
  private volatile Indexed indexed;
  private volatile @Nullable String broken;

  /** A reader, the number of series it holds, and how they are found. */
  private record Indexed(DirectoryReader reader, int series, IndexSearch search) {}

  private Indexed indexed(DirectoryReader reader, int series) {
    return new Indexed(reader, series, new IndexSearch(reader, registry));
  }

  private SeriesIndex(Directory directory, Registry registry, IndexWriter writer, int added)
      throws IOException {
    this.directory = directory;
    this.registry = registry;
    this.writer = writer;
    this.added = added;
    committed = added;
    indexed = indexed(DirectoryReader.open(writer), added);
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
    int worth = published == lastPublished ? WORTH_REOPENING_WHEN_QUIET : WORTH_REOPENING;
    lastPublished = published;
    if (published - added >= worth
        || added < flushed && published == flushed && flushed - committed >= WORTH_REOPENING) {
      addUpTo(published);
    }
    if (added > committed && added <= flushed) {
      commit();
    }
  }

  private void addUpTo(int published) throws IOException {
    var tokens = new PairTokens();
    var document = List.of(new Field(IndexTerms.FIELD, tokens, TERMS_ONLY));
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
      indexed = indexed(reader, added);
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
    indexed = indexed(DirectoryReader.open(writer), 0);
    before.reader.decRef();
  }

  /** Bytes of postings held for matchers that were asked for, about. */
  public long keptBytes() {
    return indexed.search.keptBytes();
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
    private Tenant tenant = Tenant.DEFAULT;
    private int[] numbers = new int[0];
    private int next;

    void series(int id) {
      numbers = registry.series(id);
      tenant = registry.tenant(id);
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
      term.setBytesRef(next == 0
          ? IndexTerms.ofTenant(tenant)
          : IndexTerms.ofPair(tenant, registry.pairBytes(numbers[next])));
      next++;
      return true;
    }
  }

  // ---- searching, by any thread ----

  /** The ids below {@code count} that all matchers accept, ascending. */
  public int[] select(Tenant tenant, List<Matcher> matchers, int count) {
    Indexed current;
    do {
      current = indexed;
    } while (!current.reader.tryIncRef());
    try {
      var older = current.search.select(tenant, matchers, Math.min(count, current.series));
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
}
