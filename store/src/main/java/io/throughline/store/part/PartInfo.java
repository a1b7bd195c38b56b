package io.throughline.store.part;

/**
 * What a part holds.
 *
 * @param firstOffset the first log offset whose samples may be in it; {@code endOffset} is the first
 *     whose are not
 * @param minTimeMs of its samples, included, as is {@code maxTimeMs}
 */
public record PartInfo(int partition, long firstOffset, long endOffset, long minTimeMs,
    long maxTimeMs, long sampleCount, int seriesCount, long sizeBytes) {}
