package dev.batchloss.io;

import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A file, and which member of it when it is an archive.
 *
 * @param path the file
 * @param member the member's name, or null if none was given
 */
record FileSpec(Path path, @Nullable String member) {
  /**
   * Takes {@code spec} for a path if there is such a file, otherwise for {@code path:member} with
   * the longest path that there is: both may have colons of their own. If there is none, the path
   * is {@code spec} and opening it tells why.
   */
  static FileSpec parse(String spec) throws NoSuchFileException {
    for (int end = spec.length(); end > 0; end = spec.lastIndexOf(':', end - 1)) {
      Optional<Path> path = path(spec.substring(0, end)).filter(Files::exists);
      if (path.isPresent()) {
        return new FileSpec(path.get(), end == spec.length() ? null : spec.substring(end + 1));
      }
    }
    return new FileSpec(path(spec).orElseThrow(() -> new NoSuchFileException(spec)), null);
  }

  private static Optional<Path> path(String text) {
    try {
      return Optional.of(Path.of(text));
    } catch (InvalidPathException e) {
      return Optional.empty();
    }
  }
}
