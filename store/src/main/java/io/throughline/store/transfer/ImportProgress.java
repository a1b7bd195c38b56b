package io.throughline.store.transfer;

/**
 * How far an import is.
 *
 * @param doneBytes of the source that were read, of {@code totalBytes}
 * @param skippedHistograms native histogram samples, or chunks of them, that were left out
 * @param deletedSamples that the source itself marks as deleted
 */
public record ImportProgress(long doneBytes, long totalBytes, long series, long samples,
    long skippedHistograms, long deletedSamples) {}
