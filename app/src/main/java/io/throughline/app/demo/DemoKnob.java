package io.throughline.app.demo;

import java.io.IOException;
import java.io.InputStream;
import java.net.ConnectException;
import java.net.HttpURLConnection;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;

/** Turns the knobs of a shop that another process runs, through the control door it left in DATA/demo. */
public final class DemoKnob {

  private static final int ANSWER_MS = 5_000;

  private DemoKnob() {}

  /**
   * Turns a knob, as {@code cpu checkout 0.1}, {@code slow payment 300}, {@code errors inventory 0.2},
   * {@code … off}.
   *
   * @return what it did, in words
   * @throws IllegalArgumentException saying what would be right
   * @throws IOException where no shop runs on this data folder
   */
  public static String turn(Path dataFolder, String knob, String service, String value)
      throws IOException {
    return ask(dataFolder, knob + " " + service + " " + value);
  }

  /** What is running and how the knobs stand. */
  public static String status(Path dataFolder) throws IOException {
    return ask(dataFolder, "status");
  }

  private static String ask(Path dataFolder, String command) throws IOException {
    Path file = dataFolder.resolve(DemoShop.FOLDER).resolve(DemoShop.CONTROL);
    try {
      String[] words = Files.readString(file).strip().split(" ", -1);
      var door = URI.create("http://127.0.0.1:" + words[0] + "/");
      var connection = (HttpURLConnection) door.toURL().openConnection();
      connection.setRequestMethod("POST");
      connection.setDoOutput(true);
      connection.setConnectTimeout(ANSWER_MS);
      connection.setReadTimeout(ANSWER_MS);
      connection.setRequestProperty("Authorization", "Bearer " + words[1]);
      try (var body = connection.getOutputStream()) {
        body.write(command.getBytes(StandardCharsets.UTF_8));
      }
      int status = connection.getResponseCode();
      try (InputStream answer = status >= 400
          ? connection.getErrorStream()
          : connection.getInputStream()) {
        String text = new String(answer.readAllBytes(), StandardCharsets.UTF_8);
        if (status == 400) {
          throw new IllegalArgumentException(text);
        }
        if (status != 200) {
          throw new IOException(text);
        }
        return text;
      }
    } catch (NoSuchFileException | ConnectException e) {
      throw new IOException("no demo runs on " + dataFolder
          + "; start one with: throughline up --demo --data " + dataFolder, e);
    }
  }
}
