/**
 * What can be set, from a YAML file and from the command line: one record per component.
 *
 * <p>Enter through {@code Settings.read}. A key is its record component's name in kebab-case, its default and
 * its check stand in the record, and a key nobody knows is refused by name. Must not know what settings do.
 */
@NullMarked
package io.throughline.app.settings;

import org.jspecify.annotations.NullMarked;
