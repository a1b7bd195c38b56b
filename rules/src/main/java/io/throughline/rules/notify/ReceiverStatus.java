package io.throughline.rules.notify;

/**
 * How deliveries to one receiver go.
 *
 * @param kind {@code alertmanager} or {@code webhook}
 * @param queued alerts that wait
 * @param delivered alerts that the receiver has taken
 * @param dropped alerts that were given up: the queue was full, or the receiver refused them
 * @param failures deliveries that failed and were or are tried again
 * @param lastError of the last delivery, or ""
 * @param lastSuccessMs 0 for never
 */
public record ReceiverStatus(String kind, String url, int queued, long delivered, long dropped,
    long failures, String lastError, long lastSuccessMs) {}
