package io.throughline.model.yaml;

import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.snakeyaml.engine.v2.api.LoadSettings;
import org.snakeyaml.engine.v2.api.lowlevel.Compose;
import org.snakeyaml.engine.v2.exceptions.MarkedYamlEngineException;
import org.snakeyaml.engine.v2.exceptions.YamlEngineException;
import org.snakeyaml.engine.v2.nodes.Node;

/** A file's documents and the mistakes found in them so far. Not thread-safe. */
public final class YamlDocument {

  /** Beyond this a file is read no further: what follows is mostly a consequence. */
  private static final int MOST_PROBLEMS = 100;

  private final String file;
  private final List<Problem> problems = new ArrayList<>();
  private final List<YamlValue> roots = new ArrayList<>();

  private YamlDocument(String file) {
    this.file = file;
  }

  /** The first document of a text; what follows it is not looked at. */
  public static YamlDocument first(String file, String text) {
    return read(file, text, 1);
  }

  /** All documents of a text. */
  public static YamlDocument all(String file, String text) {
    return read(file, text, Integer.MAX_VALUE);
  }

  /** The first document of a file. One that cannot be read, or has more than so many bytes, is wrong as a whole. */
  public static YamlDocument first(Path file, long mostBytes) {
    return read(file, mostBytes, 1);
  }

  /** All documents of a file, as {@link #first(Path, long)}. */
  public static YamlDocument all(Path file, long mostBytes) {
    return read(file, mostBytes, Integer.MAX_VALUE);
  }

  private static YamlDocument read(Path file, long mostBytes, int most) {
    var unread = new YamlDocument(file.toString());
    try {
      long size = Files.size(file);
      if (Files.isDirectory(file)) {
        unread.add(0, 0, "cannot be read: it is a folder");
      } else if (size > mostBytes) {
        unread.add(0, 0, "the file has " + size + " bytes, want " + mostBytes + " at most");
      } else {
        return read(file.toString(), Files.readString(file), most);
      }
    } catch (NoSuchFileException absent) {
      unread.add(0, 0, "cannot be read: there is no such file");
    } catch (AccessDeniedException denied) {
      unread.add(0, 0, "cannot be read: this user may not");
    } catch (CharacterCodingException notText) {
      unread.add(0, 0, "the file is not UTF-8");
    } catch (IOException unreadable) {
      unread.add(0, 0, "cannot be read: " + unreadable.getMessage());
    }
    return unread;
  }

  private static YamlDocument read(String file, String text, int most) {
    var document = new YamlDocument(file);
    try {
      var settings = LoadSettings.builder()
          .setLabel(file)
          .setMaxAliasesForCollections(10_000)
          .build();
      for (Node node : new Compose(settings).composeAllFromString(text)) {
        if (document.roots.size() >= most) {
          break;
        }
        document.roots.add(new YamlValue(document, node, 0));
      }
    } catch (MarkedYamlEngineException wrong) {
      var mark = wrong.getProblemMark();
      document.add(mark.map(m -> m.getLine() + 1).orElse(0),
          mark.map(m -> m.getColumn() + 1).orElse(0), "not YAML: " + wrong.getProblem());
    } catch (YamlEngineException wrong) {
      document.add(0, 0, "not YAML: " + wrong.getMessage());
    }
    return document;
  }

  public String file() {
    return file;
  }

  /** The first document's value, or null where the text is empty or not YAML. */
  public @Nullable YamlValue root() {
    return roots.isEmpty() ? null : roots.getFirst();
  }

  public List<YamlValue> roots() {
    return roots;
  }

  public List<Problem> problems() {
    return problems;
  }

  void add(int line, int column, String message) {
    if (problems.size() < MOST_PROBLEMS) {
      problems.add(new Problem(file, line, column, message));
    }
  }
}
