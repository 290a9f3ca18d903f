package dev.batchloss.opencl;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;

/** The device code that the jar carries. */
final class KernelSources {
  private static final String FOLDER = "/dev/batchloss/kernels/opencl/";

  private KernelSources() {}

  /**
   * Reads a source.
   *
   * @param name the file's, without {@code .cl}
   * @throws IllegalStateException if the jar has none of that name
   */
  static String read(String name) {
    String path = FOLDER + name + ".cl";
    try (InputStream stream = KernelSources.class.getResourceAsStream(path)) {
      if (stream == null) {
        throw new IllegalStateException("the class path has no kernel source " + path);
      }
      return new String(stream.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException("cannot read the kernel source " + path, e);
    }
  }
}
