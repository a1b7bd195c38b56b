package io.throughline.rules.slo;

import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneId;
import java.time.temporal.ChronoUnit;

/**
 * Turns of the calendar, from one of which to the next an objective's target is to hold.
 *
 * @param first when one of them begins, by the zone's clocks
 * @param count how many units one lasts
 */
public record Calendar(LocalDateTime first, ZoneId zone, int count, ChronoUnit unit) {

  /** When the window began that a moment is in. */
  long startMs(long nowMs) {
    var now = Instant.ofEpochMilli(nowMs).atZone(zone).toLocalDateTime();
    long turns = Math.floorDiv(unit.between(first, now), (long) count);
    long start = turn(turns);
    // A month that is not over counts as none, and one before the first counts toward it.
    while (start > nowMs) {
      start = turn(--turns);
    }
    while (turn(turns + 1) <= nowMs) {
      start = turn(++turns);
    }
    return start;
  }

  /** When the next window begins. */
  long nextMs(long nowMs) {
    var now = Instant.ofEpochMilli(startMs(nowMs)).atZone(zone).toLocalDateTime();
    long turns = Math.floorDiv(unit.between(first, now), (long) count);
    while (turn(turns) <= nowMs) {
      turns++;
    }
    return turn(turns);
  }

  private long turn(long number) {
    return first.plus(number * count, unit).atZone(zone).toInstant().toEpochMilli();
  }
}
