package io.throughline.rules.history;

import io.throughline.model.Failure;
import io.throughline.model.Matcher;
import io.throughline.query.promql.Matchers;
import io.throughline.rules.StateLog;
import io.throughline.rules.group.AlertChange;
import java.io.IOException;
import java.io.StringReader;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.lucene.analysis.Analyzer;
import org.apache.lucene.analysis.standard.StandardAnalyzer;
import org.apache.lucene.analysis.tokenattributes.CharTermAttribute;
import org.apache.lucene.document.Document;
import org.apache.lucene.document.Field;
import org.apache.lucene.document.LongPoint;
import org.apache.lucene.document.NumericDocValuesField;
import org.apache.lucene.document.SortedDocValuesField;
import org.apache.lucene.document.StoredField;
import org.apache.lucene.document.StringField;
import org.apache.lucene.document.TextField;
import org.apache.lucene.index.IndexWriter;
import org.apache.lucene.index.IndexWriterConfig;
import org.apache.lucene.index.MultiTerms;
import org.apache.lucene.index.Term;
import org.apache.lucene.index.TermsEnum;
import org.apache.lucene.search.BooleanClause.Occur;
import org.apache.lucene.search.BooleanQuery;
import org.apache.lucene.search.FieldDoc;
import org.apache.lucene.search.IndexSearcher;
import org.apache.lucene.search.MatchAllDocsQuery;
import org.apache.lucene.search.PrefixQuery;
import org.apache.lucene.search.Query;
import org.apache.lucene.search.SearcherManager;
import org.apache.lucene.search.Sort;
import org.apache.lucene.search.SortField;
import org.apache.lucene.search.TermInSetQuery;
import org.apache.lucene.search.TermQuery;
import org.apache.lucene.store.ByteBuffersDirectory;
import org.apache.lucene.store.Directory;
import org.apache.lucene.store.FSDirectory;
import org.apache.lucene.util.BytesRef;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The changes of alerts in a Lucene index, one document each, found by time, labels and words.
 *
 * <p>The log's history is the truth. A commit of the index holds documents and, for each share, the offset to go on from, so
 * after a crash no change is missing or there twice; without the folder the index is made anew. Changes older than the
 * retention are deleted.
 *
 * <p>One thread adds; searches come from any.
 */
public final class AlertHistory implements StateLog.Following, AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(AlertHistory.class);
  private static final long COMMIT_MS = 10_000;
  private static final int MOST_TERMS = 10_000;
  private static final String AT = "at";
  private static final String KEY = "key";
  private static final String TO = "to";
  private static final String RULE = "rule";
  private static final String ID = "id";
  private static final String LABEL = "label";
  private static final String LABEL_NAME = "name";
  private static final String TEXT = "text";
  private static final String BYTES = "bytes";

  private final Analyzer analyzer = new StandardAnalyzer();
  private final Directory directory;
  private final IndexWriter writer;
  private final SearcherManager searchers;
  private final Duration retention;
  private final InstantSource clock;
  private final Map<Integer, Long> nextOffsets = new HashMap<>();
  private boolean dirty;
  private long committedMs;
  private volatile long behind;

  /**
   * What was found.
   *
   * @param next to go on from, or "" at the end
   * @param count how many match in all
   * @param oldestMs of the oldest change that is kept, 0 for none
   */
  public record Found(List<AlertChange> changes, String next, int count, long oldestMs) {}

  /**
   * Opens the index, or makes one.
   *
   * @param folder where it lies; null keeps it in memory
   */
  public AlertHistory(@Nullable Path folder, Duration retention, InstantSource clock) {
    this.retention = retention;
    this.clock = clock;
    try {
      this.directory = folder == null ? new ByteBuffersDirectory() : FSDirectory.open(folder);
      this.writer = new IndexWriter(directory,
          new IndexWriterConfig(analyzer).setCommitOnClose(false).setRAMBufferSizeMB(8));
      this.searchers = new SearcherManager(writer, null);
      var committed = writer.getLiveCommitData();
      if (committed != null) {
        committed.forEach(entry -> nextOffsets.put(Integer.valueOf(entry.getKey()),
            Long.valueOf(entry.getValue())));
      }
    } catch (IOException failed) {
      throw new Failure(Failure.Category.UNAVAILABLE, "the history of alerts cannot be opened in "
          + folder + ": " + failed + "; the folder may be deleted, it is made anew from the log",
          failed);
    }
  }

  @Override
  public synchronized long nextOffset(int share) {
    return nextOffsets.getOrDefault(share, 0L);
  }

  @Override
  public synchronized void add(int share, long offset, byte[] change) {
    try {
      var parsed = AlertChange.of(change);
      if (parsed.atMs() >= oldestWanted()) {
        writer.addDocument(document(share, offset, parsed, change));
      }
    } catch (Failure broken) {
      LOG.warn("a change of an alert cannot be read and is left out share={} offset={} reason={}",
          share, offset, broken.getMessage());
    } catch (IOException failed) {
      throw new UncheckedIOException(failed);
    }
    nextOffsets.put(share, offset + 1);
    dirty = true;
  }

  /** Makes what was added visible, and durable from time to time. */
  @Override
  public synchronized void caughtUp(long lag) {
    behind = lag;
    try {
      if (dirty) {
        searchers.maybeRefreshBlocking();
        if (clock.millis() - committedMs >= COMMIT_MS) {
          commit();
        }
      }
    } catch (IOException failed) {
      throw new UncheckedIOException(failed);
    }
  }

  private long oldestWanted() {
    return clock.millis() - retention.toMillis();
  }

  private void commit() throws IOException {
    writer.deleteDocuments(LongPoint.newRangeQuery(AT, Long.MIN_VALUE, oldestWanted() - 1));
    var data = new HashMap<String, String>();
    nextOffsets.forEach((share, offset) -> data.put("" + share, "" + offset));
    writer.setLiveCommitData(data.entrySet());
    writer.commit();
    committedMs = clock.millis();
    dirty = false;
  }

  private static Document document(int share, long offset, AlertChange change, byte[] bytes) {
    var document = new Document();
    document.add(new LongPoint(AT, change.atMs()));
    document.add(new NumericDocValuesField(AT, change.atMs()));
    // As text it is ordered as the numbers are.
    var key = new BytesRef(
        ("" + (100_000 + share)).substring(1) + (1_000_000_000_000_000L + offset));
    document.add(new SortedDocValuesField(KEY, key));
    document.add(new StringField(TO, change.to(), Field.Store.NO));
    document.add(new StringField(RULE, change.rule(), Field.Store.NO));
    document.add(new StringField(ID, change.id(), Field.Store.NO));
    var text = new StringBuilder(change.rule()).append(' ')
        .append(change.group())
        .append(' ')
        .append(change.reason());
    change.labels().forEach((name, value) -> {
      document.add(new StringField(LABEL, name + "=" + value, Field.Store.NO));
      document.add(new StringField(LABEL_NAME, name, Field.Store.NO));
      text.append(' ').append(value);
    });
    change.annotations().values().forEach(value -> text.append(' ').append(value));
    document.add(new TextField(TEXT, text.toString(), Field.Store.NO));
    document.add(new StoredField(BYTES, bytes));
    return document;
  }

  /** How many changes are made and not searchable yet, as far as is known. */
  public long behind() {
    return behind;
  }

  public Duration retention() {
    return retention;
  }

  /**
   * Finds changes, newest first.
   *
   * @throws Failure (USER) if {@code before} is no reply's {@code next}, or a matcher matches too many values
   */
  public Found find(HistoryQuery wanted) {
    try {
      var searcher = searchers.acquire();
      try {
        return find(searcher, wanted);
      } finally {
        searchers.release(searcher);
      }
    } catch (IOException failed) {
      throw new Failure(Failure.Category.UNAVAILABLE,
          "the history of alerts cannot be read: " + failed, failed);
    }
  }

  private Found find(IndexSearcher searcher, HistoryQuery wanted) throws IOException {
    var sort = new Sort(new SortField(AT, SortField.Type.LONG, true),
        new SortField(KEY, SortField.Type.STRING, true));
    var query = query(searcher, wanted);
    var after = wanted.before().isEmpty()
        ? null
        : after(wanted.before(), searcher.getIndexReader().maxDoc() - 1);
    var hits = searcher.searchAfter(after, query, wanted.limit() + 1, sort).scoreDocs;
    var changes = new ArrayList<AlertChange>();
    var fields = searcher.storedFields();
    var next = "";
    for (int i = 0; i < hits.length && i < wanted.limit(); i++) {
      var bytes = fields.document(hits[i].doc).getBinaryValue(BYTES);
      changes.add(AlertChange.of(BytesRef.deepCopyOf(bytes).bytes));
      if (i + 1 == wanted.limit() && hits.length > wanted.limit()) {
        next = cursor((FieldDoc) hits[i]);
      }
    }
    var oldest = searcher.search(new MatchAllDocsQuery(), 1,
        new Sort(new SortField(AT, SortField.Type.LONG))).scoreDocs;
    return new Found(changes, next, searcher.count(query),
        oldest.length == 0 ? 0 : (Long) ((FieldDoc) oldest[0]).fields[0]);
  }

  private static String cursor(FieldDoc hit) {
    return hit.fields[0] + "-" + ((BytesRef) hit.fields[1]).utf8ToString();
  }

  /** @param document of those that compare as equal the last to leave out; the index may have changed since */
  private static FieldDoc after(String cursor, int document) {
    int dash = cursor.indexOf('-', 1);
    try {
      return new FieldDoc(Math.max(0, document), Float.NaN,
          new Object[] {Long.valueOf(cursor.substring(0, Math.max(0, dash))),
              new BytesRef(cursor.substring(dash + 1))});
    } catch (NumberFormatException wrong) {
      throw Failure.user("before is '" + cursor + "', want the next of a reply");
    }
  }

  private Query query(IndexSearcher searcher, HistoryQuery wanted) throws IOException {
    var all = new BooleanQuery.Builder()
        .add(LongPoint.newRangeQuery(AT, wanted.startMs(), wanted.endMs()), Occur.FILTER);
    exactly(all, TO, wanted.to());
    exactly(all, RULE, wanted.rule());
    exactly(all, ID, wanted.id());
    for (var matcher : wanted.matchers()) {
      label(searcher, all, matcher);
    }
    for (var word : wanted.words().strip().split("\\s+", 100)) {
      word(all, word);
    }
    return all.build();
  }

  private static void exactly(BooleanQuery.Builder all, String field, String value) {
    if (!value.isEmpty()) {
      all.add(new TermQuery(new Term(field, value)), Occur.FILTER);
    }
  }

  /** All tokens of a word have to occur; of one that ends in a star the last may go on. */
  private void word(BooleanQuery.Builder all, String word) throws IOException {
    var tokens = new ArrayList<String>();
    try (var stream = analyzer.tokenStream(TEXT, new StringReader(word))) {
      var term = stream.addAttribute(CharTermAttribute.class);
      stream.reset();
      while (stream.incrementToken()) {
        tokens.add(term.toString());
      }
      stream.end();
    }
    for (int i = 0; i < tokens.size(); i++) {
      var term = new Term(TEXT, tokens.get(i));
      all.add(i + 1 == tokens.size() && word.endsWith("*")
          ? new PrefixQuery(term)
          : new TermQuery(term), Occur.FILTER);
    }
  }

  /** A matcher becomes the set of values that are there and match; one that matches "" also takes alerts without the label. */
  private static void label(IndexSearcher searcher, BooleanQuery.Builder all, Matcher matcher)
      throws IOException {
    var matching = new ArrayList<BytesRef>();
    var prefix = new BytesRef(matcher.label() + "=");
    var terms = MultiTerms.getTerms(searcher.getIndexReader(), LABEL);
    if (terms != null) {
      var each = terms.iterator();
      boolean any = each.seekCeil(prefix) != TermsEnum.SeekStatus.END;
      for (var term = any ? each.term() : null; term != null; term = each.next()) {
        var text = term.utf8ToString();
        if (!text.startsWith(matcher.label() + "=")) {
          break;
        }
        if (Matchers.matches(matcher, text.substring(matcher.label().length() + 1))) {
          matching.add(BytesRef.deepCopyOf(term));
        }
        if (matching.size() > MOST_TERMS) {
          throw Failure.user("match: more than " + MOST_TERMS + " values of label "
              + matcher.label() + " match, want a narrower one");
        }
      }
    }
    var either = new BooleanQuery.Builder().add(new TermInSetQuery(LABEL, matching), Occur.SHOULD);
    if (Matchers.matches(matcher, "")) {
      either.add(new BooleanQuery.Builder().add(new MatchAllDocsQuery(), Occur.FILTER)
          .add(new TermQuery(new Term(LABEL_NAME, matcher.label())), Occur.MUST_NOT)
          .build(), Occur.SHOULD);
    }
    all.add(either.setMinimumNumberShouldMatch(1).build(), Occur.FILTER);
  }

  @Override
  public synchronized void close() {
    try {
      if (dirty) {
        commit();
      }
      searchers.close();
      writer.close();
      directory.close();
    } catch (IOException failed) {
      LOG.warn("the history of alerts was not closed: what it lacks is read from the log again "
          + "reason={}", failed.toString());
    }
  }
}
