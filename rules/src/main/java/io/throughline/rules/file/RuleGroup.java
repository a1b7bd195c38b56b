package io.throughline.rules.file;

import java.util.List;

/**
 * Rules that are evaluated together, one after the other.
 *
 * @param file where it stands, as the file was named
 * @param name unique in its file
 * @param intervalMs how often it is evaluated, 0 for the installation's default
 * @param queryOffsetMs how far back its evaluations look, negative for the installation's default
 * @param limit most series or alerts one rule may yield, 0 for any number
 */
public record RuleGroup(String file, String name, long intervalMs, long queryOffsetMs, int limit,
    List<Rule> rules) {

  public RuleGroup {
    rules = List.copyOf(rules);
  }

  /** What names the group in an installation. */
  public String key() {
    return file + ";" + name;
  }
}
