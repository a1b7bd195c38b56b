package io.throughline.app;

import io.throughline.app.settings.Bytes;
import io.throughline.app.settings.Durations;
import io.throughline.broker.Topics;
import java.time.Duration;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What a cluster keeps of the log, said at each start: it decides what a store that was away for long has lost. */
final class ClusterLog {
  private static final Logger LOG = LoggerFactory.getLogger(ClusterLog.class);

  private ClusterLog() {}

  /** @param flushAge how long samples are in the log alone */
  static void say(Topics.Description log, String topicPrefix, Duration flushAge) {
    var samples = log.samplesRetention();
    var sets = log.setsRetention();
    LOG.info(
        "the cluster keeps samples for {} and {} a partition, series sets for {}: what a store has "
            + "not read by then is lost to it",
        shown(samples), log.samplesBytes() < 0 ? "of any size" : Bytes.format(log.samplesBytes()),
        shown(sets));
    if (!sets.isNegative() && (samples.isNegative() || sets.compareTo(samples) < 0)) {
      LOG.warn(
          "series sets are kept for {} and samples for {}: samples that outlive their series set "
              + "cannot be read any more; raise retention.ms of {}",
          shown(sets), shown(samples), topicPrefix + Topics.SERIES_SETS);
    }
    if (!samples.isNegative() && samples.compareTo(flushAge.multipliedBy(2)) < 0) {
      LOG.warn(
          "samples are kept for {}, and stay in the log alone for up to {} (ingest.flush-age): raise "
              + "retention.ms of {}",
          shown(samples), Durations.format(flushAge), topicPrefix + Topics.SAMPLES);
    }
  }

  private static String shown(Duration retention) {
    return retention.isNegative() ? "ever" : Durations.format(retention);
  }
}
