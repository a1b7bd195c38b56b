package io.throughline.query;

/**
 * How alike two texts are, from 0 to 1, after Jaro with Winkler's bonus for a common beginning (Winkler 1990): characters
 * that both have not far apart, less half of those that are in another order.
 */
public final class Similarity {

  private static final int BONUS_CHARS = 4;
  private static final double BONUS = 0.1;

  private Similarity() {}

  public static double of(String a, String b) {
    if (a.isEmpty() || b.isEmpty()) {
      return a.equals(b) ? 1 : 0;
    }
    int reach = Math.max(0, Math.max(a.length(), b.length()) / 2 - 1);
    var matchedA = new boolean[a.length()];
    var matchedB = new boolean[b.length()];
    int matches = 0;
    for (int i = 0; i < a.length(); i++) {
      int to = Math.min(b.length(), i + reach + 1);
      for (int j = Math.max(0, i - reach); j < to; j++) {
        if (!matchedB[j] && a.charAt(i) == b.charAt(j)) {
          matchedA[i] = true;
          matchedB[j] = true;
          matches++;
          break;
        }
      }
    }
    if (matches == 0) {
      return 0;
    }
    int moved = 0;
    int j = 0;
    for (int i = 0; i < a.length(); i++) {
      if (matchedA[i]) {
        while (!matchedB[j]) {
          j++;
        }
        moved += a.charAt(i) == b.charAt(j++) ? 0 : 1;
      }
    }
    double m = matches;
    double jaro = (m / a.length() + m / b.length() + (m - moved / 2) / m) / 3;
    int common = 0;
    while (common < Math.min(BONUS_CHARS, Math.min(a.length(), b.length()))
        && a.charAt(common) == b.charAt(common)) {
      common++;
    }
    return jaro + common * BONUS * (1 - jaro);
  }
}
