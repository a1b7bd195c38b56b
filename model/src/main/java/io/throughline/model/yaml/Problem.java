package io.throughline.model.yaml;

/**
 * A mistake in a file.
 *
 * @param line from 1; 0 where the file as a whole is meant
 * @param column from 1
 * @param message what is wrong, with the offending field and what would be right
 */
public record Problem(String file, int line, int column, String message) {

  @Override
  public String toString() {
    return line == 0 ? file + ": " + message : file + ":" + line + ":" + column + ": " + message;
  }
}
