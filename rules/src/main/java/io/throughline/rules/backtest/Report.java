package io.throughline.rules.backtest;

import io.throughline.model.Matcher;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * What a back-test found. A firing and a burn meet where they overlap in time and the alert names the burn's service, or
 * none at all.
 *
 * @param fromMs of the test, included
 * @param toMs of the test, included
 * @param objectives how many budgets were looked at
 * @param episodes firings, ascending by their beginnings
 * @param burns stretches in which an objective's budget burned too fast; its two alerts are one burn where they overlap
 * @param missed those of them that no firing meets
 * @param precision share of firings that meet a burn, NaN without objectives or firings
 * @param recall share of burns that a firing meets, NaN without burns
 * @param failures of rules and objectives
 * @param recorded names of the series that the test made itself
 * @param askedByRules of what is stored
 * @param askedByObjectives the same, by their groups
 */
public record Report(long fromMs, long toMs, int objectives, List<Episode> episodes,
    List<Summary> summaries, List<Episode> burns, List<Episode> missed, double precision,
    double recall, List<Failed> failures, Set<String> recorded, Set<List<Matcher>> askedByRules,
    Map<String, Set<List<Matcher>>> askedByObjectives) {

  /**
   * How a rule did.
   *
   * @param firings how often it began to fire
   * @param flaps how many of them followed an end by less than a quarter of an hour
   * @param firingMs for how long, all label sets together
   * @param matched firings that meet a burn
   * @param nameless firings that name no service, and so meet burns by time alone
   * @param elsewhere firings during which only budgets of other services burned
   */
  public record Summary(String rule, int firings, int flaps, long firingMs, int matched,
      int nameless, int elsewhere) {}

  /**
   * Moments at which a rule could not be evaluated; its alerts stood as they had stood.
   *
   * @param reason of the first
   */
  public record Failed(String rule, int moments, long firstMs, String reason) {}
}
