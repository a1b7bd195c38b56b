package io.throughline.store;

/**
 * What a store holds and did since it was opened.
 *
 * @param partSamples samples in parts, {@code partBytes} their files' size
 * @param postingsBytes of lists of series that selectors asked for, held until they change
 * @param corruptFiles files found damaged or missing and set aside
 * @param ignoredDeltas intervals that had been applied already
 * @param tombstones deletions whose samples are still in some file or in the log
 * @param mergeFailures merges and clean-ups that failed and will be tried again
 */
public record StoreStatistics(int series, long headSamples, long headBytes, int parts,
    long partSamples, long partBytes, long registryBytes, long postingsBytes, long flushes,
    long merges, long mergeFailures, long corruptFiles, long ignoredDeltas, int tombstones) {

  static final StoreStatistics NONE = new StoreStatistics(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0);

  StoreStatistics plus(StoreStatistics other) {
    return new StoreStatistics(series + other.series, headSamples + other.headSamples,
        headBytes + other.headBytes, parts + other.parts, partSamples + other.partSamples,
        partBytes + other.partBytes, registryBytes + other.registryBytes,
        postingsBytes + other.postingsBytes, flushes + other.flushes, merges + other.merges,
        mergeFailures + other.mergeFailures, corruptFiles + other.corruptFiles,
        ignoredDeltas + other.ignoredDeltas, tombstones + other.tombstones);
  }
}
