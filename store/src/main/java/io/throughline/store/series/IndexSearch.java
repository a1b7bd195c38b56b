package io.throughline.store.series;

import io.throughline.model.Matcher;
import io.throughline.model.PlainExpression;
import io.throughline.model.Tenant;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import org.apache.lucene.index.DirectoryReader;
import org.apache.lucene.index.PostingsEnum;
import org.apache.lucene.index.TermsEnum;
import org.apache.lucene.search.DocIdSetIterator;
import org.apache.lucene.util.BytesRef;
import org.apache.lucene.util.StringHelper;
import org.jspecify.annotations.Nullable;

/**
 * Finds series in one reader of the index: each matcher's postings, then what they have in common. Thread-safe, while the
 * reader is held.
 *
 * <p>Postings are kept as long as the reader, in at most {@value #KEPT_BYTES_PER_SERIES} bytes for each series and
 * {@value #KEPT_BYTES} more. As soon as one matcher leaves no more than {@value #FEW} series, what others say of them is
 * read from their labels: that is cheaper than postings nobody has read yet.
 */
final class IndexSearch {
  private static final int FEW = 128;
  private static final long KEPT_BYTES = 256 << 10;
  private static final long KEPT_BYTES_PER_SERIES = 8;

  /** Longer prefixes find nothing sooner, and a term must not be cut. */
  private static final int LONGEST_PREFIX = 256;

  private static final int[] NONE = {};

  /** Accepted by every series of a tenant. */
  private static final Matcher ALL = Matcher.equal("", "");

  private final DirectoryReader reader;
  private final Registry registry;
  private final PostingsCache kept;

  IndexSearch(DirectoryReader reader, Registry registry) {
    this.reader = reader;
    this.registry = registry;
    kept = new PostingsCache(KEPT_BYTES + KEPT_BYTES_PER_SERIES * reader.maxDoc());
  }

  long keptBytes() {
    return kept.bytes();
  }

  /** The ids below the limit that all matchers accept, ascending. */
  int[] select(Tenant tenant, List<Matcher> matchers, int limit) throws IOException {
    if (limit == 0) {
      return NONE;
    }
    var found = new @Nullable Postings[matchers.size()];
    for (int i = 0; i < found.length; i++) {
      found[i] = kept.find(tenant, matchers.get(i));
    }
    // The postings of one value are read with one look; those of an expression may need all values.
    readMissing(tenant, matchers, found, true);
    readMissing(tenant, matchers, found, false);
    var first = narrowest(found);
    int[] ids = (first == null ? postings(tenant, ALL) : first).below(limit);
    int size = ids.length;
    var open = new ArrayList<Matcher>(found.length);
    for (int i = 0; i < found.length; i++) {
      var one = found[i];
      if (one != null && one != first) {
        size = one.retain(ids, size);
      }
      if (one == null || !one.exact()) {
        open.add(matchers.get(i));
      }
    }
    ids = Arrays.copyOf(ids, size);
    return open.isEmpty() ? ids : registry.retain(tenant, open, ids);
  }

  /** Reads the postings of matchers that ask for one value, or of the others, until few series are left. */
  private void readMissing(Tenant tenant, List<Matcher> matchers, @Nullable Postings[] found,
      boolean oneValue) throws IOException {
    for (int i = 0; i < found.length; i++) {
      var matcher = matchers.get(i);
      boolean asksForOne = matcher.operator() == Matcher.Operator.EQUAL
          && !matcher.value().isEmpty();
      if (found[i] != null || asksForOne != oneValue) {
        continue;
      }
      var narrow = narrowest(found);
      if (narrow != null && narrow.size() <= FEW) {
        return;
      }
      found[i] = postings(tenant, matcher);
    }
  }

  private static @Nullable Postings narrowest(@Nullable Postings[] found) {
    Postings narrow = null;
    for (var one : found) {
      if (one != null && one.accepted() && (narrow == null || one.size() < narrow.size())) {
        narrow = one;
      }
    }
    return narrow;
  }

  private Postings postings(Tenant tenant, Matcher matcher) throws IOException {
    var known = kept.find(tenant, matcher);
    if (known == null) {
      known = read(tenant, matcher);
      kept.keep(tenant, matcher, known);
    }
    return known;
  }

  private Postings read(Tenant tenant, Matcher matcher) throws IOException {
    if (matcher.equals(ALL)) {
      return ofTerms(List.of(IndexTerms.ofTenant(tenant)), true);
    }
    var name = IndexTerms.utf8(matcher.label());
    var value = matcher.value();
    return switch (matcher.operator()) {
      case EQUAL -> value.isEmpty()
          ? walk(tenant, name, "", any -> true, false)
          : ofTerms(List.of(IndexTerms.of(tenant, name, IndexTerms.utf8(value))), true);
      case NOT_EQUAL -> value.isEmpty()
          ? walk(tenant, name, "", any -> true, true)
          : ofTerms(List.of(IndexTerms.of(tenant, name, IndexTerms.utf8(value))), false);
      case REGEX -> ofExpression(tenant, name, matcher, true);
      case NOT_REGEX -> ofExpression(tenant, name, matcher, false);
    };
  }

  /** Of the values that are judged as a missing label is there may be many; the postings are those of the others. */
  private Postings ofExpression(Tenant tenant, byte[] name, Matcher matcher, boolean wanted)
      throws IOException {
    var plain = PlainExpression.of(matcher.value());
    ValueTest expression = plain == null ? ValueTest.ofExpression(matcher) : plain::accepts;
    boolean missing = expression.accepts("");
    boolean accepted = missing != wanted;
    if (plain != null && plain.acceptsEverything()) {
      return ofTerms(List.of(), accepted);
    }
    var literals = plain == null || missing ? null : plain.literals();
    if (literals != null) {
      var terms = new ArrayList<BytesRef>(literals.size());
      literals.forEach(value -> terms.add(IndexTerms.of(tenant, name, IndexTerms.utf8(value))));
      return ofTerms(terms, accepted);
    }
    var prefix = plain == null || missing ? "" : plain.prefix();
    return walk(tenant, name, prefix.length() > LONGEST_PREFIX ? "" : prefix,
        value -> expression.accepts(value) != missing, accepted);
  }

  private long[] noBits() {
    return new long[reader.maxDoc() + 63 >> 6];
  }

  private Postings ofTerms(Collection<BytesRef> wanted, boolean accepted) throws IOException {
    var bits = noBits();
    for (var leaf : reader.leaves()) {
      var terms = leaf.reader().terms(IndexTerms.FIELD);
      if (terms == null || wanted.isEmpty()) {
        continue;
      }
      var seek = terms.iterator();
      for (var term : wanted) {
        if (seek.seekExact(term)) {
          add(seek, leaf.docBase, bits);
        }
      }
    }
    return Postings.of(bits, accepted, true);
  }

  /** The series with a value of the label that begins with the prefix and that the test takes. */
  private Postings walk(Tenant tenant, byte[] name, String prefix, ValueTest taken,
      boolean accepted) throws IOException {
    var bits = noBits();
    boolean exact = true;
    int valueAt = IndexTerms.of(tenant, name, new byte[0]).length;
    var begin = IndexTerms.of(tenant, name, IndexTerms.utf8(prefix));
    // Segments have most values in common, and each is judged once.
    var verdicts = new HashMap<String, Boolean>();
    boolean several = reader.leaves().size() > 1;
    for (var leaf : reader.leaves()) {
      var terms = leaf.reader().terms(IndexTerms.FIELD);
      if (terms == null) {
        continue;
      }
      var walk = terms.iterator();
      if (walk.seekCeil(begin) == TermsEnum.SeekStatus.END) {
        continue;
      }
      for (BytesRef at = walk.term(); at != null
          && StringHelper.startsWith(at, begin); at = walk.next()) {
        boolean take;
        if (at.length > IndexTerms.MOST_BYTES) {
          // Only the whole value can be judged: it stays in, to be looked at.
          exact = false;
          take = accepted;
        } else {
          var value = new String(at.bytes, at.offset + valueAt, at.length - valueAt,
              StandardCharsets.UTF_8);
          take = several ? verdicts.computeIfAbsent(value, taken::accepts) : taken.accepts(value);
        }
        if (take) {
          add(walk, leaf.docBase, bits);
        }
      }
    }
    return Postings.of(bits, accepted, exact);
  }

  private static void add(TermsEnum term, int docBase, long[] bits) throws IOException {
    var documents = term.postings(null, PostingsEnum.NONE);
    for (int doc = documents.nextDoc(); doc != DocIdSetIterator.NO_MORE_DOCS; doc = documents
        .nextDoc()) {
      int id = docBase + doc;
      bits[id >> 6] |= 1L << id;
    }
  }
}
