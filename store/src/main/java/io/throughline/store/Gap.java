package io.throughline.store;

/**
 * Log offsets that were lost before a shard could apply them: <em>not measured: log lost</em>.
 *
 * @param fromOffset included; {@code toOffset} is excluded
 * @param noticedMs when the loss was seen, epoch milliseconds
 */
public record Gap(int partition, long fromOffset, long toOffset, long noticedMs) {}
