package io.throughline.collector.produce;

/**
 * Why a new series is not taken.
 *
 * @param reason what the counter calls it
 * @param text what the sender is told: the limit, how far it is reached, the setting
 * @param passes whether sending the same again later helps
 */
record Refusal(String reason, String text, boolean passes) {}
