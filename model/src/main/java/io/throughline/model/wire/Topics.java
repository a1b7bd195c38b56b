package io.throughline.model.wire;

/**
 * The names of the topics a sample passes. All have the same number of partitions but the dead letters',
 * and a series' samples and labels stand in partitions of the same number.
 *
 * @param prefix put before each name, "" unless several installations share a cluster
 */
public record Topics(String prefix) {

  public static final Topics DEFAULT = new Topics("");

  public Topics {
    if (!prefix.matches("[A-Za-z0-9._-]{0,100}")) {
      throw new IllegalArgumentException("topic prefix '" + prefix
          + "' is not valid, want up to 100 characters of A-Z a-z 0-9 . _ -");
    }
  }

  /** Records of {@link RecordWriter}; deleted once every reader has committed them. */
  public String samples() {
    return prefix + "samples";
  }

  /** Additions of {@link SetWriter}, keyed and compacted. */
  public String seriesSets() {
    return prefix + "series-sets";
  }

  /** What shards tell collectors: {@link ShardLoad} and pieces of {@link SeriesFilter}; one partition, compacted. */
  public String admission() {
    return prefix + "admission";
  }

  /** Records that could not be applied, as they came; headers say why and from where. */
  public String deadLetter() {
    return prefix + "dead-letter";
  }
}
