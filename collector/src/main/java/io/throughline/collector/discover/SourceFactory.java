package io.throughline.collector.discover;

/** Makes a source that comes in a jar of its own; found as a service, so that the jar can be left out. */
public interface SourceFactory {

  /** The source's name. */
  String name();

  /** Whether this process runs where there is one: asked where the setting is {@code auto}. */
  boolean isDetected();

  Source make();
}
