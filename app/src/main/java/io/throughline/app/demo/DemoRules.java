package io.throughline.app.demo;

import io.throughline.rules.RulesSettings;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** The shop's alert rules and objectives: two files in {@code DATA/demo}, which are loaded like anyone's. */
public final class DemoRules {

  private static final String RULES = "shop-rules.yml";
  private static final String SLOS = "shop-slos.yml";

  private DemoRules() {}

  /** The settings with the shop's files after those that are set. */
  public static RulesSettings among(RulesSettings settings, Path dataFolder) {
    var folder = dataFolder.resolve(DemoShop.FOLDER);
    return settings.withFiles(and(settings.files(), folder.resolve(RULES)))
        .withSlos(and(settings.slos(), folder.resolve(SLOS)));
  }

  private static List<String> and(List<String> files, Path more) {
    var all = new ArrayList<>(files);
    all.add(more.toString());
    return all;
  }

  /** Writes the files, over those of an earlier start. */
  public static void write(Path dataFolder) throws IOException {
    var folder = Files.createDirectories(dataFolder.resolve(DemoShop.FOLDER));
    for (var name : List.of(RULES, SLOS)) {
      try (var in = DemoRules.class.getResourceAsStream(name)) {
        if (in == null) {
          throw new FileNotFoundException(name + " is missing in this build");
        }
        Files.write(folder.resolve(name), in.readAllBytes());
      }
    }
  }
}
