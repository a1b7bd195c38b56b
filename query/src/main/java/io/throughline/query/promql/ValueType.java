package io.throughline.query.promql;

/** What an expression yields. */
public enum ValueType {
  SCALAR("scalar", "scalar"),
  VECTOR("instant vector", "vector"),
  MATRIX("range vector", "matrix"),
  STRING("string", "string");

  private final String words;
  private final String apiName;

  ValueType(String words, String apiName) {
    this.words = words;
    this.apiName = apiName;
  }

  /** As error messages name it. */
  public String words() {
    return words;
  }

  /** As {@code resultType} names it. */
  public String apiName() {
    return apiName;
  }
}
