/**
 * YAML read strictly: every value knows its place, every mistake is collected with file, line and column.
 *
 * <p>Enter through {@code YamlDocument}. Callers: the readers of rule files, unit tests and objectives. Nothing here knows
 * what the files mean.
 */
@NullMarked
package io.throughline.rules.yaml;

import org.jspecify.annotations.NullMarked;
