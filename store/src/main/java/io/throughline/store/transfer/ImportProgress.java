package io.throughline.store.transfer;

/**
 * How far an import is.
 *
 * @param doneBytes of the source that were read, of {@code totalBytes}
 * @param samples floats and native histograms
 * @param skippedChunks of an encoding that is not known here
 * @param deletedSamples that the source itself marks as deleted
 */
public record ImportProgress(long doneBytes, long totalBytes, long series, long samples,
    long skippedChunks, long deletedSamples) {}
