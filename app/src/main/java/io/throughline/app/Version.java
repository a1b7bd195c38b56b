package io.throughline.app;

import org.jspecify.annotations.Nullable;

/** This build. */
final class Version {
  static final String NUMBER = number();

  private Version() {}

  /** From the jar's manifest; classes outside of a jar have none. */
  private static String number() {
    @Nullable
    String version = Version.class.getPackage().getImplementationVersion();
    return version == null ? "development" : version;
  }
}
