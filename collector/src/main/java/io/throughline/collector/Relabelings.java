package io.throughline.collector;

import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.common.Attributes;
import io.opentelemetry.api.metrics.LongCounter;
import io.opentelemetry.api.metrics.Meter;
import io.throughline.model.Failure;
import io.throughline.model.Tenant;
import io.throughline.model.relabel.Relabeling;
import io.throughline.model.yaml.Problem;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The relabelling rules in force, by tenant, and the file they come from. The file is looked at in an interval; one that
 * is wrong changes nothing.
 */
final class Relabelings implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Relabelings.class);
  private static final AttributeKey<String> TENANT = AttributeKey.stringKey("tenant");
  private static final AttributeKey<Long> LINE = AttributeKey.longKey("line");

  private final Path file;
  private final boolean set;
  private final Consumer<Predicate<Tenant>> forget;
  private final LongCounter dropped;
  private final ScheduledExecutorService watch;
  private String stamp = "";
  private volatile RelabelFile rules = RelabelFile.NONE;
  private volatile List<Problem> problems = List.of();

  /**
   * Reads the file.
   *
   * @param forget makes every series of the tenants that match be judged again
   * @throws Failure (USER) naming every mistake if the file is wrong
   */
  Relabelings(CollectorSettings settings, Consumer<Predicate<Tenant>> forget, Meter meter) {
    this.set = !settings.relabelFile().isEmpty();
    this.file = Path.of(settings.relabelFile());
    this.forget = forget;
    this.dropped = meter.counterBuilder("throughline.collector.relabel.dropped")
        .setUnit("{sample}")
        .setDescription("Samples dropped by relabelling, by the line of the rule in its file")
        .build();
    meter.gaugeBuilder("throughline.collector.relabel.problems")
        .ofLongs()
        .setUnit("{problem}")
        .setDescription("Mistakes in the relabelling file, which is then not in use")
        .buildWithCallback(gauge -> gauge.record(problems.size()));
    if (set) {
      stamp = stamp();
      var read = RelabelFile.read(file);
      if (!read.problems().isEmpty()) {
        throw Failure.user("the relabelling file is not in order: " + said(read.problems()));
      }
      rules = read;
    }
    watch = Executors.newSingleThreadScheduledExecutor(
        Thread.ofPlatform().name("collector-relabel").daemon().factory());
    long everyMs = settings.relabelInterval().toMillis();
    if (set && everyMs > 0) {
      watch.scheduleWithFixedDelay(this::look, everyMs, everyMs, TimeUnit.MILLISECONDS);
    }
  }

  private static String said(List<Problem> problems) {
    return problems.stream().map(Problem::toString).collect(Collectors.joining("; "));
  }

  /** The rules for a tenant's series. */
  Relabeling of(Tenant tenant) {
    return rules.of(tenant).relabeling();
  }

  /** Counts samples that rules dropped. */
  void count(Tenant tenant, Outcome outcome) {
    outcome.forEachDrop((rule, samples) -> {
      var lines = rules.of(tenant).lines();
      // Rules that were replaced meanwhile have no line any more.
      long line = rule < lines.size() ? lines.get(rule) : 0;
      dropped.add(samples, Attributes.of(TENANT, tenant.id(), LINE, line));
    });
  }

  private String stamp() {
    try {
      return Files.size(file) + " " + Files.getLastModifiedTime(file);
    } catch (IOException gone) {
      return "";
    }
  }

  private void look() {
    try {
      if (!stamp().equals(stamp)) {
        reload();
      }
    } catch (RuntimeException defect) {
      LOG.error("the relabelling file was not looked at, trying again", defect);
    }
  }

  /** Reads the file anew; the series of tenants whose rules have changed are judged again. */
  synchronized List<Problem> reload() {
    if (!set) {
      return List.of();
    }
    stamp = stamp();
    var read = RelabelFile.read(file);
    problems = read.problems();
    if (!problems.isEmpty()) {
      LOG.error("the relabelling file is not in order, the rules in force stay: {}",
          said(problems));
      return problems;
    }
    var before = rules;
    rules = read;
    forget.accept(tenant -> !before.of(tenant).relabeling().equals(read.of(tenant).relabeling()));
    LOG.info("relabelling rules loaded file={}", file);
    return problems;
  }

  @Override
  public void close() {
    watch.shutdownNow();
  }
}
