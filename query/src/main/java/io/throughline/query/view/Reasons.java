package io.throughline.query.view;

import io.throughline.model.identity.Entity;
import io.throughline.query.catalogue.Catalogue;
import io.throughline.query.catalogue.Mapping;
import io.throughline.store.SampleBuffer;
import io.throughline.store.Snapshot;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/**
 * Says why a signal is not measured, from the most to the least certain: the sender's own word, the age of
 * the last sample, a sender that exists and does not send this, a join that failed.
 */
final class Reasons {
  private static final long WORD_HOLDS_MS = 300_000;

  /** Measured, and there is none. */
  static final String NONE_SET = "none set";

  private static final Set<String> LIMITS = Set.of("throughline.container.cpu.limit",
      "throughline.container.memory.limit");

  private final Catalogue catalogue;
  private final Snapshot snapshot;
  private final long atMs;

  /** @param atMs the moment ages are counted to */
  Reasons(Catalogue catalogue, Snapshot snapshot, long atMs) {
    this.catalogue = catalogue;
    this.snapshot = snapshot;
    this.atMs = atMs;
  }

  /** Where a signal could have come from: the first of these is the best. */
  record Place(String signal, List<Part> parts, String category) {
    Place(String signal, List<Part> parts) {
      this(signal, parts, "");
    }

    /** Whether a series of the signal is one that is meant: that of another resource says nothing of this one. */
    boolean means(SeriesRef ref) {
      return category.isEmpty() || ref.category.equals(category);
    }
  }

  /**
   * @param ifNoEntity what to say where no place has an entity at all
   */
  String why(List<Place> places, String ifNoEntity) {
    for (var place : places) {
      for (var part : place.parts()) {
        for (var word : part.notMeasured()) {
          if (covers(word.signal(), place.signal()) && isAlive(word.series())) {
            return word.reason();
          }
        }
      }
    }
    long newest = 0;
    boolean registered = false;
    for (var place : places) {
      for (var part : place.parts()) {
        for (var ref : part.series(place.signal())) {
          if (place.means(ref)) {
            registered = true;
            newest = Math.max(newest, ref.lastMs());
          }
        }
      }
    }
    if (newest > 0) {
      return "last seen " + age(atMs - newest) + " ago";
    }
    if (registered) {
      return "no sample in this time range";
    }
    for (var place : places) {
      if (LIMITS.contains(place.signal())
          && place.parts().stream().anyMatch(Reasons::isReadByTheAgent)) {
        return NONE_SET;
      }
    }
    Place found = null;
    for (var place : places) {
      // That a service could say it itself is the last resort: a failed join is the better reason.
      if (!place.parts().isEmpty() && (ifNoEntity.isEmpty()
          || place.parts().getFirst().entity().kind() != Entity.Kind.SERVICE)) {
        found = place;
        break;
      }
    }
    return found == null
        ? ifNoEntity
        : "nobody sends it for " + describe(found.parts()) + ": want " + wanted(found.signal());
  }

  /** The node agent reads limits wherever it reads usage, and sends none where there is none. */
  private static boolean isReadByTheAgent(Part part) {
    for (var ref : part.series("container.cpu.time")) {
      if (ref.mapping.source().equals("throughline")) {
        return true;
      }
    }
    return false;
  }

  /** A word about a signal also holds for the signals below it. */
  private static boolean covers(String said, String signal) {
    return signal.equals(said) || signal.startsWith(said + ".");
  }

  private boolean isAlive(SeriesRef ref) {
    var buffer = new SampleBuffer();
    snapshot.open(ref.partition, ref.seriesId).read(atMs - WORD_HOLDS_MS, atMs, buffer);
    return buffer.size() > 0;
  }

  private static String describe(List<Part> parts) {
    var first = parts.getFirst();
    return first.entity().kind().name().toLowerCase(Locale.ROOT) + " " + first.displayName()
        + (parts.size() > 1 ? " and " + (parts.size() - 1) + " more" : "");
  }

  private String wanted(String signal) {
    var known = catalogue.signal(signal);
    if (known == null || known.sources().isEmpty()) {
      return signal;
    }
    var metrics = new LinkedHashMap<String, String>();
    for (Mapping mapping : known.sources()) {
      if (metrics.size() < 3) {
        metrics.putIfAbsent(mapping.metric(), mapping.metric() + " (" + mapping.source() + ")");
      }
    }
    return String.join(" or ", metrics.values());
  }

  static String age(long ms) {
    long seconds = Math.max(0, ms / 1000);
    if (seconds < 120) {
      return seconds + " s";
    }
    if (seconds < 7200) {
      return seconds / 60 + " min";
    }
    return seconds < 172_800 ? seconds / 3600 + " h" : seconds / 86_400 + " days";
  }

  /** Why a share has no value although both sides were read: a counter that stands, a level that is 0. */
  static String noWhole(String metric) {
    return "it is a share of " + metric
        + ", which did not grow, or was 0, in this time range: nothing is a share of nothing";
  }

  /** Why a service has no container or process to look at. */
  static String noResource(Scope scope) {
    if (scope.instances().isEmpty()) {
      return "no instance of this service is known: its series carry no instance label";
    }
    return "nothing joins instance " + scope.instances().getFirst().id()
        + " to a container or process: its target_info has neither container_id nor host_id with"
        + " process_pid, and its series have no pod label";
  }

  /** Why a service has no container to look at: it may well have a process. */
  static String noContainer(Scope scope) {
    return scope.processes().isEmpty()
        ? noResource(scope)
        : "process " + scope.processes().getFirst().displayName()
            + " is in no container that is known: this is read from a container's cgroup";
  }

  /** Why nothing limits a service that has no container to look at. */
  static String noLimit(Scope scope) {
    return scope.processes().isEmpty()
        ? noResource(scope)
        : NONE_SET + ": process " + scope.processes().getFirst().displayName()
            + " is in no container that is known, and limits are those of containers";
  }

  /** Why a service has no node to look at. */
  static String noNode(Scope scope) {
    if (scope.instances().isEmpty()) {
      return noResource(scope);
    }
    return "nothing joins instance " + scope.instances().getFirst().id()
        + " to a node: neither its target_info (host_id, host_name, k8s_node_name) nor its"
        + " container says where it runs";
  }
}
