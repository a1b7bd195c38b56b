package io.throughline.model;

/**
 * What a source said about the metric of a series.
 *
 * @param type the kind of metric
 * @param unit in Prometheus' form ("seconds"), or ""
 * @param help the description, or ""
 */
public record SeriesMetadata(MetricType type, String unit, String help) {

  public static final SeriesMetadata UNKNOWN = new SeriesMetadata(MetricType.UNKNOWN, "", "");
}
