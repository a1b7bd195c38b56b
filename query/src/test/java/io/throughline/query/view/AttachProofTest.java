package io.throughline.query.view;

import static org.assertj.core.api.Assertions.assertThat;

import io.throughline.model.Tenant;
import io.throughline.model.identity.Entity;
import io.throughline.model.identity.Relation;
import io.throughline.query.catalogue.Catalogue;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/**
 * How much of what is true of a scraped world the join finds, against an answer key that was written before
 * any mapping was looked at (README.md beside the keys). The score is the share of true claims found, less
 * two for each that is not true.
 */
class AttachProofTest {
  private static final double WANTED = 0.9;
  private static final Pattern LABEL = Pattern.compile("(\\w+)=\"([^\"]*)\"");

  private static Path set(String name) throws Exception {
    return Path
        .of(Objects.requireNonNull(AttachProofTest.class.getResource("attach/" + name)).toURI());
  }

  @Test
  void nineTenthsOfTheRecordedWorldJoinAndAWrongJoinCountsTwice() throws Exception {
    var folder = Expositions.folder();
    measure("recorded", folder);
  }

  @Test
  void nineTenthsOfTheWorldWrittenForThisJoinAndAWrongJoinCountsTwice() throws Exception {
    measure("small", set("small"));
  }

  private static void measure(String name, Path expositions) throws Exception {
    var key = new TreeSet<>(lines(set(name).resolve("answers.txt")));
    var found = claims(Expositions.store(scraped(set(name).resolve("targets.txt"), expositions)));

    var missing = new TreeSet<>(key);
    missing.removeAll(found);
    var wrong = new TreeSet<>(found);
    wrong.removeAll(key);
    double score = (key.size() - missing.size() - 2.0 * wrong.size()) / key.size();
    System.out.println("attach proof, " + name + ": " + (key.size() - missing.size()) + " of "
        + key.size() + " joined, " + wrong.size() + " wrong, score "
        + Math.round(score * 1000) / 10.0 + " %" + parts(key, missing, wrong));
    missing.forEach(claim -> System.out.println("  missing: " + claim));
    wrong.forEach(claim -> System.out.println("  wrong:   " + claim));
    assertThat(score).isGreaterThanOrEqualTo(WANTED);
    // Services are few beside containers: they must not hide behind them.
    assertThat(ofServices(missing) + 2 * ofServices(wrong))
        .isLessThanOrEqualTo((int) ((1 - WANTED) * ofServices(key)));
  }

  private static String parts(Set<String> key, Set<String> missing, Set<String> wrong) {
    return " (of services " + (ofServices(key) - ofServices(missing)) + " of " + ofServices(key)
        + ", " + ofServices(wrong) + " wrong)";
  }

  private static int ofServices(Set<String> claims) {
    return (int) claims.stream().filter(claim -> claim.startsWith("service ")).count();
  }

  private static List<String> lines(Path file) throws IOException {
    return Files.readAllLines(file)
        .stream()
        .filter(line -> !line.isBlank() && !line.startsWith("#"))
        .toList();
  }

  private static List<Expositions.Sample> scraped(Path targets, Path expositions)
      throws IOException {
    var samples = new ArrayList<Expositions.Sample>();
    for (var line : lines(targets)) {
      var words = line.split(" ", 3);
      var labels = new ArrayList<String>();
      var label = LABEL.matcher(words[2]);
      while (label.find()) {
        labels.add(label.group(1));
        labels.add(label.group(2));
      }
      samples.addAll(Expositions.read(expositions.resolve(words[0]), words[1].equals("honor"),
          labels.toArray(String[]::new)));
    }
    return samples;
  }

  /** All that the graph claims, in the words of the key. */
  private static Set<String> claims(MemoryStore store) {
    var follower = new RegistryFollower(Catalogue.builtIn());
    try (var snapshot = store.snapshot()) {
      follower.follow(snapshot);
      return follower.read(Tenant.DEFAULT, AttachProofTest::claims);
    }
  }

  private static Set<String> claims(EntityGraph graph) {
    var claims = new TreeSet<String>();
    for (var record : graph.all(Entity.Kind.SERVICE)) {
      var self = "service " + record.entity().id();
      Edges.callersOf(graph, record)
          .forEach(
              edge -> claims.add("service " + edge.caller().id() + " calls " + edge.callee().id()));
      if (record.series().isEmpty()) {
        continue;
      }
      var scope = Scope.ofService(record, "");
      var counting = Strips.requestSeries(scope);
      if (!counting.isEmpty()) {
        var best = counting.stream().min((a, b) -> Integer.compare(a.rank, b.rank)).orElseThrow();
        claims.add(self + " counts " + best.mapping.source());
      }
      for (var container : scope.containers()) {
        if (!container.series().isEmpty()) {
          claims.add(self + " in " + place(container.names()));
        }
      }
      scope.nodes().forEach(node -> claims.add(self + " on " + node.displayName()));
      scope.volumes().forEach(volume -> claims.add(self + " mounts " + claim(volume.names())));
      for (var workload : scope.workloads()) {
        var owner = Objects.requireNonNull(graph.find(workload.entity()));
        if (isTop(owner)) {
          claims.add(self + " of " + owner.entity().id());
        }
      }
    }
    for (var record : graph.all(Entity.Kind.CONTAINER)) {
      if (record.series("container.cpu.time").isEmpty()) {
        continue;
      }
      var self = "container " + place(record.names());
      var nodes = new LinkedHashSet<>(record.to(Relation.RUNS_ON));
      for (var pod : record.to(Relation.RUNS_IN)) {
        nodes.addAll(pod.to(Relation.RUNS_ON));
        owners(pod).forEach(owner -> claims.add(self + " of " + owner));
      }
      nodes.forEach(node -> claims.add(self + " on " + Part.of(node).displayName()));
    }
    for (var record : graph.all(Entity.Kind.NODE)) {
      if (!record.series().isEmpty()) {
        var name = Part.of(record).displayName();
        record.names()
            .stream()
            .map(Entity::id)
            .filter(id -> !id.equals(name))
            .forEach(id -> claims.add("node " + name + " is " + id));
      }
    }
    return claims;
  }

  private static boolean isTop(EntityRecord workload) {
    return workload.from(Relation.RUNS_IN)
        .stream()
        .noneMatch(owner -> owner.entity().kind() == Entity.Kind.WORKLOAD);
  }

  private static Set<String> owners(EntityRecord owned) {
    var owners = new LinkedHashMap<String, EntityRecord>();
    for (var owner : owned.from(Relation.RUNS_IN)) {
      if (owner.entity().kind() == Entity.Kind.WORKLOAD) {
        owners.put(owner.entity().id(), owner);
      }
    }
    var top = new TreeSet<String>();
    owners.forEach((id, owner) -> top.addAll(isTop(owner) ? Set.of(id) : owners(owner)));
    return top;
  }

  /** Of a container's names the one that says namespace, pod and container. */
  private static String place(List<Entity> names) {
    return place((Iterable<Entity>) names);
  }

  private static String place(Iterable<Entity> names) {
    String first = "";
    for (var name : names) {
      if (name.id().split("/").length == 3) {
        return name.id();
      }
      first = first.isEmpty() ? name.id() : first;
    }
    return first;
  }

  private static String claim(List<Entity> names) {
    return names.stream()
        .map(Entity::id)
        .filter(id -> id.contains("/"))
        .findFirst()
        .orElse(names.getFirst().id());
  }
}
