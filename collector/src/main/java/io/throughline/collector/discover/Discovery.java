package io.throughline.collector.discover;

import io.throughline.collector.Intake;
import io.throughline.model.Failure;
import io.throughline.model.Fingerprint;
import io.throughline.model.MetricType;
import io.throughline.model.SeriesMetadata;
import io.throughline.model.Tenant;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.ServiceLoader;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.LockSupport;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Follows orchestrators: asks each source at an interval and writes what it says through the intake, with a thread for
 * each. One that fails is asked again after 1 s, 2 s, 4 s … up to a minute, and says meanwhile why.
 */
public final class Discovery implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Discovery.class);
  private static final Duration FIRST_PAUSE = Duration.ofSeconds(1);
  private static final Duration LONGEST_PAUSE = Duration.ofMinutes(1);
  private static final long WRITE_SECONDS = 30;
  private static final SeriesMetadata METADATA = new SeriesMetadata(MetricType.GAUGE, "",
      "What an orchestrator says of what runs where");

  /**
   * How a source does.
   *
   * @param state {@code off}, {@code starting}, {@code following} or {@code failing}
   * @param reason why it is off or failing; "" while it follows
   * @param series what it said last
   */
  public record State(String source, String state, String reason, long sinceMs, int series) {}

  private final Intake intake;
  private final InstantSource clock;
  private final Duration interval;
  private final Tenant tenant;
  private final List<Follower> followers = new ArrayList<>();
  private final List<State> off = new ArrayList<>();
  private volatile boolean closing;

  private final class Follower {
    private final Source source;
    private final Thread thread;
    private volatile State state;

    Follower(Source source) {
      this.source = source;
      this.state = new State(source.name(), "starting", "", clock.millis(), 0);
      this.thread = Thread.ofPlatform()
          .name("discover-" + source.name())
          .daemon()
          .unstarted(this::follow);
    }

    private void follow() {
      var pause = FIRST_PAUSE;
      while (!closing) {
        var wait = interval;
        try {
          var told = source.read();
          write(told);
          pause = FIRST_PAUSE;
          become("following", "", told.size());
        } catch (InterruptedException e) {
          return; // Only closing interrupts.
        } catch (Exception e) {
          if (!closing) {
            become("failing", reason(e), state.series());
          }
          wait = pause;
          pause = pause.multipliedBy(2).compareTo(LONGEST_PAUSE) > 0
              ? LONGEST_PAUSE
              : pause.multipliedBy(2);
        }
        LockSupport.parkNanos(wait.toNanos());
      }
    }

    /** What acknowledges wraps what went wrong, and a time limit has no text of its own. */
    private static String reason(Exception failed) {
      if (failed instanceof TimeoutException) {
        return "what it told was not acknowledged within " + WRITE_SECONDS + " s";
      }
      var cause = failed instanceof ExecutionException && failed.getCause() != null
          ? failed.getCause()
          : failed;
      return cause.getMessage() == null ? cause.toString() : cause.getMessage();
    }

    private void become(String word, String reason, int series) {
      boolean same = state.state().equals(word) && state.reason().equals(reason);
      if (!same) {
        LOG.info("discovery source={} state={} reason={}", source.name(), word, reason);
      }
      state = new State(source.name(), word, reason, same ? state.sinceMs() : clock.millis(),
          series);
    }
  }

  /** Follows what settings and surroundings name; nothing where they name nothing. */
  public static Discovery of(DiscoverSettings settings, Intake intake, InstantSource clock) {
    var sources = new ArrayList<Source>();
    var off = new ArrayList<State>();
    long now = clock.millis();
    boolean known = false;
    for (var factory : ServiceLoader.load(SourceFactory.class)) {
      known = true;
      boolean wanted = settings.kubernetes().equals("on")
          || settings.kubernetes().equals("auto") && factory.isDetected();
      if (wanted) {
        sources.add(factory.make());
      } else {
        off.add(new State(factory.name(), "off",
            settings.kubernetes().equals("off")
                ? "collector.discover.kubernetes is off"
                : "this process runs in no pod; set collector.discover.kubernetes: on to follow the"
                    + " cluster of the kubeconfig file",
            now, 0));
      }
    }
    if (!known) {
      off.add(new State("kubernetes", "off", "this build has no Kubernetes client", now, 0));
    }
    if (settings.docker().isEmpty()) {
      off.add(new State("docker", "off", "collector.discover.docker names no socket of an engine",
          now, 0));
    } else {
      sources.add(new DockerSource(settings.docker()));
    }
    return new Discovery(sources, off, intake, clock, settings);
  }

  Discovery(List<Source> sources, List<State> off, Intake intake, InstantSource clock,
      DiscoverSettings settings) {
    this.intake = intake;
    this.clock = clock;
    this.interval = settings.interval();
    this.tenant = new Tenant(settings.tenant());
    this.off.addAll(off);
    sources.forEach(source -> followers.add(new Follower(source)));
    followers.forEach(follower -> follower.thread.start());
  }

  /** How each source does, those followed first. */
  public List<State> states() {
    var states = new ArrayList<State>();
    followers.forEach(follower -> states.add(follower.state));
    states.addAll(off);
    return states;
  }

  private void write(List<Source.Told> told) throws Exception {
    var refusal = intake.unavailableReason();
    if (!refusal.isEmpty()) {
      throw Failure.unavailable(refusal);
    }
    var request = intake.begin(tenant);
    long now = clock.millis();
    int seed = Fingerprint.seed(tenant);
    String refused = "";
    for (var each : told) {
      var bytes = each.labels().canonicalBytes();
      var print = Fingerprint.of(seed, bytes, 0, bytes.length);
      int handle = request.find(print.high(), print.low());
      if (handle == Intake.Request.UNKNOWN) {
        handle = request.define(print.high(), print.low(), each.labels(), METADATA);
      }
      if (handle >= 0) {
        request.sample(handle, now, 0, each.value());
      } else {
        refused = request.refusal();
      }
    }
    request.commit().toCompletableFuture().get(WRITE_SECONDS, TimeUnit.SECONDS);
    if (!refused.isEmpty()) {
      throw Failure.limit("some series were refused: " + refused);
    }
  }

  @Override
  public void close() {
    closing = true;
    for (var follower : followers) {
      follower.thread.interrupt();
      follower.source.close();
    }
  }
}
