package io.throughline.query.engine;

/**
 * A function of floats over windows that overlap, for one series over all steps: it costs something for each sample and
 * each window, nothing for each sample of each window.
 */
interface Sliding {

  /** In how many windows a sample must be before this is cheaper than looking at each window anew. */
  int leastOverlap();

  /**
   * Evaluates one series. The output is empty before.
   *
   * @param anew looks at one window by itself, in Prometheus' order, where sliding cannot say as much
   */
  void fill(RangeFunctions anew, Samples samples, WindowIndex windows, Grid grid, SeriesColumn out);
}
