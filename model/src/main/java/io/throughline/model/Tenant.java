package io.throughline.model;

/**
 * Whose data a series is. One tenant never sees another's.
 *
 * @param id 1 to {@value #MAX_LENGTH} characters of {@code A-Z a-z 0-9 _ . -}, not starting with a
 *     dot: safe in a file name, a metric label and a header
 */
public record Tenant(String id) implements Comparable<Tenant> {

  public static final int MAX_LENGTH = 64;

  /** The tenant of requests that name none, where authentication is off. */
  public static final Tenant DEFAULT = new Tenant("default");

  public Tenant {
    boolean good = !id.isEmpty() && id.length() <= MAX_LENGTH && id.charAt(0) != '.';
    for (int i = 0; good && i < id.length(); i++) {
      char c = id.charAt(i);
      good = c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '_'
          || c == '.' || c == '-';
    }
    if (!good) {
      throw new Failure(Failure.Category.USER,
          "tenant '" + abbreviate(id) + "' is not valid: want 1 to " + MAX_LENGTH
              + " characters of A-Z a-z 0-9 _ . -, not starting with a dot");
    }
  }

  private static String abbreviate(String text) {
    return text.length() <= 80 ? text : text.substring(0, 80) + "…";
  }

  @Override
  public int compareTo(Tenant other) {
    return id.compareTo(other.id);
  }

  @Override
  public String toString() {
    return id;
  }
}
