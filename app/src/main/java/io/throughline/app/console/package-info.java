/**
 * The terminal's view of a running Throughline: {@code throughline query}.
 *
 * <p>Enter through {@code QueryCommand}; {@code Times} and {@code Reason} are what all commands read and say. Callers: the
 * command line alone. Everything here talks to the HTTP API as any other
 * client does; nothing knows the store or the engine.
 */
@NullMarked
package io.throughline.app.console;

import org.jspecify.annotations.NullMarked;
