package io.throughline.collector;

import io.throughline.model.Labels;
import io.throughline.model.NativeHistogram;
import io.throughline.model.SeriesMetadata;
import io.throughline.model.Tenant;
import java.util.concurrent.CompletionStage;
import java.util.function.Predicate;

/** Where a door puts what it decoded; behind it are series sets, group commit and the Kafka producer. */
public interface Intake {

  /** Begins one request of one tenant. A request is used by one thread at a time. */
  Request begin(Tenant tenant);

  /**
   * Begins a request of this process's own telemetry. It is small and comes at a fixed interval, so it has its
   * own share of the limits and is taken while others are refused for overload.
   */
  default Request beginReserved(Tenant tenant) {
    return begin(tenant);
  }

  /**
   * Says that a body waits to be decoded: what others commit may wait a few milliseconds for what comes of it, to
   * go along. Each call is followed by one of {@link #bodyTaken}.
   */
  default void bodyComes() {}

  /** Says that what a body held was committed, or was nothing. */
  default void bodyTaken() {}

  /**
   * Why a write would be refused now, or "" if it would be accepted: what readiness asks.
   */
  String unavailableReason();

  /** Has every series of the tenants that match looked at anew when it comes again: their rules have changed. */
  void forget(Predicate<Tenant> whose);

  /**
   * One request being taken in: nothing is sent before {@link #commit}.
   *
   * <p>Hot path: for a series seen before, a door calls {@link #find} with a hash of the bytes the
   * series arrived in, then {@link #sample}; neither allocates. Only where {@code find} answers {@link
   * #UNKNOWN} are labels decoded, checked, relabelled and passed to {@link #define}.
   */
  interface Request {

    /** {@link #find} has not met these bytes. */
    int UNKNOWN = -1;

    /** The series was refused; its samples are not to be sent. */
    int REFUSED = -2;

    /** This and what is below: the series is dropped by the tenant's rule number {@code DROPPED - handle}. */
    int DROPPED = -3;

    /**
     * The series that is expected next, because it came after the last one before, if the bytes it arrives
     * in stand at {@code from}: a handle, and {@link #matchedBytes} says how many bytes; else {@link #UNKNOWN}.
     */
    default int findNext(byte[] bytes, int from, int to) {
      return UNKNOWN;
    }

    /** The number of bytes of the series that {@link #findNext} found last. */
    default int matchedBytes() {
      return 0;
    }

    /**
     * Tells the bytes that a series found by its hash, or defined, arrives in: it is expected next time. They are
     * of the same array for the whole request and stay as they are until the commit.
     */
    default void arrivedAs(int handle, byte[] bytes, int from, int to) {}

    /**
     * A 128-bit keyed hash of the bytes a series arrived in, this tenant's; a handle, {@link #UNKNOWN}, or {@link
     * #DROPPED} less the rule's number.
     */
    int find(long hashHigh, long hashLow);

    /**
     * Registers a series under the hash of its arrival bytes.
     *
     * @return a handle for this request, or {@link #REFUSED} where the tenant's series limit is reached
     *     ({@link #refusal} then says why)
     */
    int define(long hashHigh, long hashLow, Labels labels, SeriesMetadata metadata);

    /**
     * Remembers that a rule drops the series of these arrival bytes.
     *
     * @param rule the rule's number, from 0
     * @return {@link #DROPPED} less the rule's number
     */
    int drop(long hashHigh, long hashLow, int rule);

    /** Why the last {@link #define} refused, naming the limit and the setting. */
    String refusal();

    /** Whether what the last {@link #define} refused may be taken later, so that sending it again is not in vain. */
    boolean refusalPasses();

    /** Takes a float sample; {@code startMs} is 0 where the source does not say when counting began. */
    void sample(int handle, long timeMs, long startMs, double value);

    void histogram(int handle, long timeMs, long startMs, NativeHistogram histogram);

    /** What was counted in (startMs, endMs]; made cumulative behind Kafka, in log order. */
    void delta(int handle, long startMs, long endMs, double increase);

    void delta(int handle, long startMs, long endMs, NativeHistogram increase);

    /** The number of samples taken so far. */
    int size();

    /**
     * Sends everything taken. Completes when Kafka has acknowledged every record that holds a part of
     * it, or exceptionally with a {@code Failure}: UNAVAILABLE after 10 s, when the queue is full, the
     * disk is nearly full or consumers lag too far.
     */
    CompletionStage<Void> commit();
  }
}
