package io.throughline.rules;

import java.util.List;
import java.util.Map;

/**
 * Who evaluates which groups, and what alerts have to remember.
 *
 * <p>Groups are divided into <em>shares</em> by their keys ({@link #shareOf}); each share has one owner among all processes
 * of an installation. Entries are kept by key; the newest value counts and an empty one deletes. Beside them goes a
 * history, to which changes of alerts are only added.
 */
public interface StateLog extends AutoCloseable {

  /** Into how many shares groups are divided; at least 1, the same in all processes. */
  int shareCount();

  /**
   * Begins to take shares. Calls come one at a time, on a thread of the log's or, before this returns, on the caller's.
   *
   * @throws io.throughline.model.Failure if what is kept cannot be read
   */
  void start(Shares shares);

  /** Hears which shares this process owns. */
  interface Shares {

    /**
     * This process owns a share from now on.
     *
     * @param state all that its owners before have kept
     */
    void taken(int share, Map<String, byte[]> state);

    /** This process owns a share no more; returns once none of its groups writes or notifies any more. */
    void released(int share);

    /** What another process keeps of a share that it owns, from time to time. */
    void seen(int share, Map<String, byte[]> state);
  }

  /**
   * Whether nobody else owns the share at this moment, for certain: false also while that cannot be found out. Cheap and
   * safe for all threads; to be asked right before what only an owner may do.
   */
  boolean owns(int share);

  /**
   * Keeps entries and adds changes, all or none; returns once they would survive this process.
   *
   * @throws Fenced if another process has taken over
   * @throws io.throughline.model.Failure if they are not kept; the caller goes on and tries again with its next entries
   */
  void save(int share, Map<String, byte[]> entries, List<byte[]> changes);

  /**
   * Begins to hand over the history, of all shares, from the offsets that are asked for and then as it grows, on a thread of
   * the log's. Offsets that are gone already are passed over.
   */
  void follow(Following following);

  /** Reads the history. */
  interface Following {

    /** What to begin with. */
    long nextOffset(int share);

    /** One change; in order within a share. */
    void add(int share, long offset, byte[] change);

    /**
     * What was added is all there is so far.
     *
     * @param lag changes that are there and were not handed over yet, as far as is known
     */
    void caughtUp(long lag);
  }

  /** Gives its shares back. */
  @Override
  void close();

  /** The share of a group: the same in every process and version. */
  static int shareOf(String groupKey, int shareCount) {
    return Math.floorMod(groupKey.hashCode() * 0x9E3779B9, shareCount);
  }

  /** Another process owns the rules now: this one must neither write nor notify. */
  final class Fenced extends RuntimeException {
    private static final long serialVersionUID = 1L;

    public Fenced(String message, Throwable cause) {
      super(message, cause);
    }
  }
}
