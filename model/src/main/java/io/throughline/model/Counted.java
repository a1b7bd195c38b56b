package io.throughline.model;

/** A number of things as people say it: {@code 1 rule}, {@code 2 rules}, {@code once}. For messages, never for keys. */
public final class Counted {

  private Counted() {}

  /** @param one the name of one of them, whose plural ends in s */
  public static String of(long count, String one) {
    return count + " " + (count == 1 ? one : one + "s");
  }

  /** {@code once}, or {@code 2 times}. */
  public static String times(long count) {
    return count == 1 ? "once" : count + " times";
  }
}
