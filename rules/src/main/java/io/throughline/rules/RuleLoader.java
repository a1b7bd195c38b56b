package io.throughline.rules;

import io.throughline.model.relabel.RelabelYaml;
import io.throughline.model.relabel.Relabeling;
import io.throughline.model.yaml.Problem;
import io.throughline.model.yaml.YamlDocument;
import io.throughline.rules.file.RuleFiles;
import io.throughline.rules.file.RuleGroup;
import io.throughline.rules.slo.Slo;
import io.throughline.rules.slo.SloFiles;
import io.throughline.rules.slo.SloRules;
import java.io.IOException;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;

/** Finds and reads the files that are set, and notices when they change. Used by one thread at a time. */
final class RuleLoader {

  /** A file of relabelling that is larger is not read. */
  private static final long MOST_RELABEL_BYTES = 4L << 20;

  private final List<String> patterns;
  private final List<String> sloPatterns;
  private final String relabelFile;
  private final InstantSource clock;
  private Map<Path, String> seen = Map.of();

  /** When an objective's window of the calendar turns, and its rules with it. */
  private long turnMs = Long.MAX_VALUE;

  /** All groups of all files and how alerts are relabelled, or all that is wrong with them. */
  record Loaded(List<RuleGroup> groups, List<Slo> slos, Relabeling relabeling,
      List<Problem> problems) {}

  /**
   * @param sloPatterns of files with objectives, which become groups too
   * @param relabelFile of rules for alerts that are sent, or ""
   */
  RuleLoader(List<String> patterns, List<String> sloPatterns, String relabelFile,
      InstantSource clock) {
    this.clock = clock;
    this.relabelFile = relabelFile;
    this.patterns = patterns;
    this.sloPatterns = sloPatterns;
  }

  /** Reads every file. */
  Loaded load() {
    var groups = new ArrayList<RuleGroup>();
    var problems = new ArrayList<Problem>();
    var files = files(patterns, problems);
    var sloFiles = files(sloPatterns, problems);
    seen = stamps(files, sloFiles, relabelFile);
    for (var file : files) {
      var read = RuleFiles.read(file);
      groups.addAll(read.groups());
      problems.addAll(read.problems());
    }
    var slos = new ArrayList<Slo>();
    var names = new HashSet<String>();
    long nowMs = clock.millis();
    turnMs = Long.MAX_VALUE;
    for (var file : sloFiles) {
      var read = SloFiles.read(file);
      problems.addAll(read.problems());
      for (var slo : read.slos()) {
        if (names.add(slo.name())) {
          slos.add(slo);
          turnMs = Math.min(turnMs, slo.nextWindowMs(nowMs));
          groups.add(SloRules.group(slo, nowMs));
        } else {
          problems.add(new Problem(slo.file(), slo.line(), 1,
              "an SLO named '" + slo.name() + "' is there already"));
        }
      }
    }
    return new Loaded(groups, slos, relabeling(problems), problems);
  }

  private Relabeling relabeling(List<Problem> problems) {
    if (relabelFile.isEmpty()) {
      return Relabeling.NONE;
    }
    var document = YamlDocument.first(Path.of(relabelFile), MOST_RELABEL_BYTES);
    var root = document.root();
    var rules = root == null ? Relabeling.NONE : RelabelYaml.read(root, "alert_relabel_configs");
    problems.addAll(document.problems());
    return rules;
  }

  /** Whether files have come, gone or changed since the last {@link #load}, or a window of the calendar has turned. */
  boolean changed() {
    var ignored = new ArrayList<Problem>();
    return clock.millis() >= turnMs
        || !stamps(files(patterns, ignored), files(sloPatterns, ignored), relabelFile).equals(seen);
  }

  private static Map<Path, String> stamps(TreeSet<Path> files, TreeSet<Path> others,
      String relabelFile) {
    var stamps = new LinkedHashMap<Path, String>();
    var all = new ArrayList<>(files);
    all.addAll(others);
    if (!relabelFile.isEmpty()) {
      all.add(Path.of(relabelFile));
    }
    for (var file : all) {
      try {
        stamps.put(file, Files.size(file) + " " + Files.getLastModifiedTime(file));
      } catch (IOException gone) {
        stamps.put(file, "");
      }
    }
    return stamps;
  }

  private static TreeSet<Path> files(List<String> patterns, List<Problem> problems) {
    var files = new TreeSet<Path>();
    for (var pattern : patterns) {
      try {
        files.addAll(matching(pattern));
      } catch (IOException unreadable) {
        problems.add(new Problem(pattern, 0, 0, "cannot be read: " + unreadable));
      }
    }
    return files;
  }

  /** A path stands for itself, there or not; a glob for the files of its folder that match now. */
  static List<Path> matching(String pattern) throws IOException {
    var path = Path.of(pattern);
    if (pattern.indexOf('*') < 0 && pattern.indexOf('?') < 0 && pattern.indexOf('[') < 0) {
      return List.of(path);
    }
    var absolute = path.toAbsolutePath().normalize();
    var folder = absolute.getParent();
    if (folder == null || !Files.isDirectory(folder)) {
      return List.of();
    }
    var matcher = FileSystems.getDefault().getPathMatcher("glob:" + absolute);
    try (var entries = Files.list(folder)) {
      return entries.filter(matcher::matches).sorted().toList();
    }
  }
}
