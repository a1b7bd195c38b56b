/**
 * The rules over HTTP, in Prometheus' JSON.
 *
 * <p>Enter through {@code RulesApi.mount}. Callers: {@code RulesRole}. Nothing here evaluates.
 */
@NullMarked
package io.throughline.rules.api;

import org.jspecify.annotations.NullMarked;
