/**
 * Notices of alerts to Alertmanagers and webhooks.
 *
 * <p>Enter through {@code Notifier}. Callers: {@code RulesRole}. Nothing here evaluates or decides what an alert is in.
 */
@NullMarked
package io.throughline.rules.notify;

import org.jspecify.annotations.NullMarked;
