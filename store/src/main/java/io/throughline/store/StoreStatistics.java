package io.throughline.store;

/**
 * What a store holds and did since it was opened.
 *
 * @param partSamples samples in parts, {@code partBytes} their files' size
 * @param corruptFiles files found damaged or missing and set aside
 * @param ignoredDeltas intervals that had been applied already
 * @param mergeFailures merges and clean-ups that failed and will be tried again
 */
public record StoreStatistics(int series, long headSamples, long headBytes, int parts,
    long partSamples, long partBytes, long registryBytes, long flushes, long merges,
    long mergeFailures, long corruptFiles, long ignoredDeltas) {}
