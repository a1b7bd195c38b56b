package io.throughline.app.demo;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/**
 * A child process that obeys lines on its standard input and ends with it: by {@link #close}, and
 * when this process dies in whatever way. What it prints on standard error is in a log file.
 */
final class Child implements AutoCloseable {

  private static final int START_SECONDS = 60;
  private static final int END_SECONDS = 3;
  private static final String END = "";

  private final String name;
  private final Process process;
  private final Writer commands;
  private final BlockingQueue<String> lines = new LinkedBlockingQueue<>();

  private Child(String name, Process process) {
    this.name = name;
    this.process = process;
    this.commands = process.outputWriter(StandardCharsets.UTF_8);
    // Reading a pipe holds a virtual thread's carrier: a few children would leave none for anybody else.
    Thread.ofPlatform().daemon().name("demo-" + name).start(this::read);
  }

  static Child start(String name, List<String> command, Path log) throws IOException {
    var builder = new ProcessBuilder(command);
    builder.redirectError(log.toFile());
    return new Child(name, builder.start());
  }

  long pid() {
    return process.pid();
  }

  boolean isAlive() {
    return process.isAlive();
  }

  /** The rest of the next line that begins with {@code word}; fails where the child ends before. */
  String await(String word) throws IOException {
    try {
      while (true) {
        String line = lines.poll(START_SECONDS, TimeUnit.SECONDS);
        if (line == null || line.equals(END)) {
          throw new IOException("demo: " + name + " did not start; its log says why");
        }
        if (line.equals(word) || line.startsWith(word + " ")) {
          return line.substring(word.length()).strip();
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("demo: interrupted while " + name + " started", e);
    }
  }

  void tell(String line) throws IOException {
    synchronized (commands) {
      commands.write(line + "\n");
      commands.flush();
    }
  }

  @Override
  public void close() {
    try {
      commands.close();
      if (!process.waitFor(END_SECONDS, TimeUnit.SECONDS)) {
        process.destroyForcibly();
        process.waitFor(END_SECONDS, TimeUnit.SECONDS);
      }
    } catch (IOException e) {
      // Its end of the pipe is closed: it has ended.
      process.destroyForcibly();
    } catch (InterruptedException e) {
      process.destroyForcibly();
      Thread.currentThread().interrupt();
    }
  }

  private void read() {
    try (var out = new BufferedReader(
        new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8))) {
      for (String line = out.readLine(); line != null; line = out.readLine()) {
        lines.add(line);
      }
    } catch (IOException e) {
      throw new UncheckedIOException("demo: reading from " + name, e);
    } finally {
      lines.add(END);
    }
  }
}
