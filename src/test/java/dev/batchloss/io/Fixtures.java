package dev.batchloss.io;

import java.net.URISyntaxException;
import java.nio.file.Path;
import java.util.Objects;

/** Files that NumPy 2.4.6 wrote. */
final class Fixtures {
  private Fixtures() {}

  static Path path(String name) {
    try {
      return Path.of(
          Objects.requireNonNull(Fixtures.class.getResource("/npy/" + name), name).toURI());
    } catch (URISyntaxException e) {
      throw new IllegalArgumentException(name, e);
    }
  }
}
