/**
 * YAML read strictly: every value knows its place, every mistake is collected with file, line and column.
 *
 * <p>Enter through {@code YamlDocument}. Callers: whoever reads a file that users write: rules, unit tests, objectives,
 * relabelling. Nothing here knows what the files mean.
 */
@NullMarked
package io.throughline.model.yaml;

import org.jspecify.annotations.NullMarked;
