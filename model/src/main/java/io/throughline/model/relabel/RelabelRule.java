package io.throughline.model.relabel;

import com.google.re2j.Pattern;
import com.google.re2j.PatternSyntaxException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.List;
import java.util.function.IntUnaryOperator;
import java.util.stream.Collectors;

/**
 * One relabelling rule. What an action reads and writes:
 *
 * <pre>
 * action               the values of sourceLabels, joined with separator …
 * replace              … where they match regex: targetLabel = replacement, both with the groups of the match
 * keep, drop           … decide by regex whether the set is kept or dropped
 * keepequal, dropequal … are compared with the value of targetLabel
 * hashmod              … targetLabel = the last 8 bytes of their MD5, big-endian, modulo modulus
 * lowercase, uppercase … targetLabel = the same in other letters
 * labelmap             every label whose name matches regex is copied to the name replacement
 * labeldrop, labelkeep every label whose name does (not) match regex is deleted
 * </pre>
 *
 * <p>A missing label is the empty value, and an empty value deletes a label.
 *
 * @param regex anchored at both ends by whoever makes the rule out of a text: see {@link #compile}
 * @param modulus unsigned
 */
public record RelabelRule(Action action, List<String> sourceLabels, String separator, Pattern regex,
    long modulus, String targetLabel, String replacement) {

  public static final String DEFAULT_SEPARATOR = ";";
  public static final String DEFAULT_REGEX = "(.*)";
  public static final String DEFAULT_REPLACEMENT = "$1";

  /** What a rule does, by the name it has in files. */
  public enum Action {
    REPLACE,
    KEEP,
    DROP,
    KEEPEQUAL,
    DROPEQUAL,
    HASHMOD,
    LABELMAP,
    LABELDROP,
    LABELKEEP,
    LOWERCASE,
    UPPERCASE
  }

  public RelabelRule {
    sourceLabels = List.copyOf(sourceLabels);
  }

  /**
   * An expression as rules want it; a match is one of the whole text.
   *
   * @throws PatternSyntaxException saying what is wrong with it
   */
  public static Pattern compile(String expression) {
    return Pattern.compile(expression, Pattern.DOTALL);
  }

  /** Rewrites the draft; false where it is dropped. */
  boolean apply(Draft draft) {
    return switch (action) {
      case REPLACE -> replace(draft);
      case KEEP -> regex.matches(value(draft));
      case DROP -> !regex.matches(value(draft));
      case KEEPEQUAL -> draft.get(targetLabel).equals(value(draft));
      case DROPEQUAL -> !draft.get(targetLabel).equals(value(draft));
      case HASHMOD -> set(draft, hash(value(draft)));
      case LOWERCASE -> set(draft, mapped(value(draft), Character::toLowerCase));
      case UPPERCASE -> set(draft, mapped(value(draft), Character::toUpperCase));
      case LABELMAP -> mapNames(draft);
      case LABELDROP -> deleteNames(draft, true);
      case LABELKEEP -> deleteNames(draft, false);
    };
  }

  private boolean set(Draft draft, String value) {
    draft.set(targetLabel, value);
    return true;
  }

  private String value(Draft draft) {
    return sourceLabels.size() == 1
        ? draft.get(sourceLabels.getFirst())
        : sourceLabels.stream().map(draft::get).collect(Collectors.joining(separator));
  }

  private boolean replace(Draft draft) {
    var matcher = regex.matcher(value(draft));
    if (matcher.matches()) {
      var target = Template.expand(targetLabel, regex, matcher);
      if (!target.isEmpty()) {
        draft.set(target, Template.expand(replacement, regex, matcher));
      }
    }
    return true;
  }

  private boolean mapNames(Draft draft) {
    // The values as they were before: a name may be mapped to one that is mapped itself.
    var names = draft.names();
    var values = names.stream().map(draft::get).toList();
    for (int i = 0; i < names.size(); i++) {
      var matcher = regex.matcher(names.get(i));
      if (matcher.matches()) {
        var target = Template.expand(replacement, regex, matcher);
        if (!target.isEmpty()) {
          draft.set(target, values.get(i));
        }
      }
    }
    return true;
  }

  private boolean deleteNames(Draft draft, boolean matching) {
    for (var name : draft.names()) {
      if (regex.matches(name) == matching) {
        draft.delete(name);
      }
    }
    return true;
  }

  private String hash(String value) {
    try {
      var digest = MessageDigest.getInstance("MD5").digest(value.getBytes(StandardCharsets.UTF_8));
      return Long
          .toUnsignedString(Long.remainderUnsigned(ByteBuffer.wrap(digest).getLong(8), modulus));
    } catch (NoSuchAlgorithmException impossible) {
      throw new IllegalStateException("every Java has MD5", impossible);
    }
  }

  /** Letter by letter, whatever the language: an i is an I, and ß stays. */
  private static String mapped(String text, IntUnaryOperator change) {
    return text.codePoints()
        .map(change)
        .collect(StringBuilder::new, StringBuilder::appendCodePoint, StringBuilder::append)
        .toString();
  }
}
