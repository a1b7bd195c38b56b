package io.throughline.query.view;

import io.throughline.model.Failure;
import io.throughline.model.Tenant;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.snakeyaml.engine.v2.api.Load;
import org.snakeyaml.engine.v2.api.LoadSettings;
import org.snakeyaml.engine.v2.exceptions.YamlEngineException;

/**
 * The joins users added, kept in a file people can read and edit:
 *
 * <pre>
 * joins:
 *   - tenant: default
 *     when: 'job="shop/cart"'
 *     is: pod                  # pod, container, process, node, service, alias
 *     id: '{namespace}/{kubernetes_pod_name}'
 * </pre>
 *
 * <p>The file is read at the start and replaced as a whole by each rule that is added. Thread-safe.
 */
final class JoinRules {
  private static final int MOST = 1_000;

  private final @Nullable Path file;
  private volatile List<JoinRule> rules;

  /**
   * @param file where they are kept; null keeps them in memory alone
   * @throws Failure USER where the file cannot be read as what it should be
   */
  JoinRules(@Nullable Path file) {
    this.file = file;
    this.rules = file != null && Files.exists(file) ? read(file) : List.of();
  }

  List<JoinRule> of(Tenant tenant) {
    return rules.stream().filter(rule -> rule.tenant().equals(tenant)).toList();
  }

  /** Adds a rule, on disk before it is in force. */
  synchronized void add(JoinRule rule) {
    if (rules.size() >= MOST) {
      throw Failure.limit("there are " + MOST + " joins already; remove some from joins.yaml");
    }
    var more = new ArrayList<>(rules);
    more.removeIf(each -> yaml(each).equals(yaml(rule)));
    more.add(rule);
    if (file != null) {
      write(file, more);
    }
    rules = List.copyOf(more);
  }

  private static List<JoinRule> read(Path file) {
    try {
      var loaded = new Load(LoadSettings.builder().setLabel(file.toString()).build())
          .loadFromString(Files.readString(file));
      var read = new ArrayList<JoinRule>();
      if (loaded instanceof Map<?, ?> root && root.get("joins") instanceof List<?> list) {
        for (var each : list) {
          if (!(each instanceof Map<?, ?> fields)) {
            throw Failure.user(file + ": a join is not a list of keys and values");
          }
          read.add(JoinRule.of(new Tenant(text(fields, "tenant", "default")),
              text(fields, "when", ""), text(fields, "is", ""), text(fields, "id", "")));
        }
      }
      return List.copyOf(read);
    } catch (IOException | YamlEngineException e) {
      throw new Failure(Failure.Category.USER, file + " cannot be read: " + e.getMessage(), e);
    }
  }

  private static String text(Map<?, ?> fields, String key, String ifNone) {
    var value = fields.get(key);
    return value == null ? ifNone : value.toString();
  }

  private static void write(Path file, List<JoinRule> rules) {
    var text = new StringBuilder("# Joins that users added. Form: query.view.JoinRules\njoins:\n");
    rules.forEach(rule -> text.append(yaml(rule)));
    try {
      var beside = file.resolveSibling(file.getFileName() + ".new");
      Files.writeString(beside, text);
      Files.move(beside, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    } catch (IOException e) {
      throw new Failure(Failure.Category.UNAVAILABLE,
          "the join is not in force: " + file + " cannot be written: " + e.getMessage(), e);
    }
  }

  /** One rule as it stands in the file. */
  static String yaml(JoinRule rule) {
    return "  - tenant: " + rule.tenant() + "\n    when: " + quoted(rule.when()) + "\n    is: "
        + rule.kind() + "\n    id: " + quoted(rule.id().toString()) + "\n";
  }

  private static String quoted(String text) {
    return "'" + text.replace("'", "''") + "'";
  }
}
