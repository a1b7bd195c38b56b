/**
 * The query language: text to syntax tree and back.
 *
 * <p>Enter through {@code Parser.parse}; {@code Printer} writes a tree back. Callers: the engine, the HTTP API, the view's
 * doctor, rules and the terminal client. Nothing here reads samples or knows HTTP, so an expression can be checked without a store.
 */
@NullMarked
package io.throughline.query.promql;

import org.jspecify.annotations.NullMarked;
