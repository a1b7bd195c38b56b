package io.throughline.store.series;

import io.throughline.model.Matcher;
import io.throughline.model.Tenant;
import java.util.LinkedHashMap;
import org.jspecify.annotations.Nullable;

/**
 * The postings that matchers were last found to have in one reader, which never change. At its bound those go that were
 * not asked for the longest; what is larger than a quarter of the bound is not kept. Thread-safe.
 */
final class PostingsCache {
  /** Of the entry in the map, its key and two objects, about. */
  private static final int ENTRY_BYTES = 256;

  private final long mostBytes;
  private final LinkedHashMap<Key, Postings> kept = new LinkedHashMap<>(64, 0.75f, true);
  private long bytes;

  private record Key(Tenant tenant, Matcher matcher) {
    long bytes() {
      return ENTRY_BYTES + 2L * (matcher.label().length() + matcher.value().length());
    }
  }

  PostingsCache(long mostBytes) {
    this.mostBytes = mostBytes;
  }

  synchronized @Nullable Postings find(Tenant tenant, Matcher matcher) {
    return kept.get(new Key(tenant, matcher));
  }

  synchronized void keep(Tenant tenant, Matcher matcher, Postings postings) {
    var key = new Key(tenant, matcher);
    long size = key.bytes() + postings.bytes();
    if (size > mostBytes / 4 || kept.putIfAbsent(key, postings) != null) {
      return;
    }
    bytes += size;
    var oldest = kept.entrySet().iterator();
    while (bytes > mostBytes) {
      var gone = oldest.next();
      bytes -= gone.getKey().bytes() + gone.getValue().bytes();
      oldest.remove();
    }
  }

  /** Bytes held, about. */
  synchronized long bytes() {
    return bytes;
  }
}
