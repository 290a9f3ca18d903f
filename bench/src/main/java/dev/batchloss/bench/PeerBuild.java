package dev.batchloss.bench;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * Fetches the libraries and compiles the peers that use them, each with a Maven of its own, so that
 * one that cannot be had leaves the others as they are.
 */
final class PeerBuild {
  private static final Duration LIMIT = Duration.ofMinutes(15);

  private final Path peers;

  /** Builds the projects in that folder. */
  PeerBuild(Path peers) {
    this.peers = peers;
  }

  /** Returns what is about to be fetched, in words for a person. */
  static String announcement(List<PeerLibrary> libraries) {
    int all = libraries.stream().mapToInt(PeerLibrary::megabytes).sum();
    List<String> each =
        libraries.stream()
            .map(library -> "%s %d MB".formatted(library.folder(), library.megabytes()))
            .toList();
    return "fetching what Maven's local repository lacks, at most about %d MB: %s"
        .formatted(all, String.join(", ", each));
  }

  /** Returns why the library's peers cannot run, or nothing if they can. */
  Optional<String> build(PeerLibrary library) throws IOException {
    Path project = project(library);
    Path log = Files.createDirectories(project.resolve("target")).resolve("build.log");
    ProcessBuilder maven =
        new ProcessBuilder(
                "mvn", "-B", "-q", "-f", project.resolve("pom.xml").toString(), "package")
            .redirectErrorStream(true)
            .redirectOutput(log.toFile());
    Optional<Integer> exit;
    try {
      exit = PeerProcess.await(maven.start(), LIMIT);
    } catch (IOException e) {
      return Optional.of("could not be fetched: " + e.getMessage());
    }
    if (exit.isEmpty()) {
      return Optional.of("could not be fetched in %d minutes".formatted(LIMIT.toMinutes()));
    }
    return exit.get() == 0 ? Optional.empty() : Optional.of(reason(Files.readString(log)));
  }

  /** Returns the class path of the library's peers, beyond that of the benchmarks. */
  List<Path> classPath(PeerLibrary library) throws IOException {
    Path target = project(library).resolve("target");
    try (Stream<Path> jars = Files.list(target.resolve("lib"))) {
      return Stream.concat(Stream.of(target.resolve("classes")), jars.sorted()).toList();
    } catch (UncheckedIOException e) {
      throw e.getCause();
    }
  }

  /** Returns the first of Maven's errors, without what leads to it and where it looked. */
  static String reason(String log) {
    return log.lines()
        .filter(line -> line.startsWith("[ERROR]") && !line.contains("COMPILATION ERROR"))
        .findFirst()
        .map(line -> "could not be built: " + cause(line.substring("[ERROR]".length())))
        .orElse("could not be built: Maven failed without an error message");
  }

  private static String cause(String error) {
    return error
        .substring(Math.max(0, error.lastIndexOf("Could not ")))
        .replaceAll(" \\(https?:[^)]*\\)| -> \\[Help 1\\]", "")
        .strip();
  }

  private Path project(PeerLibrary library) {
    return peers.resolve(library.folder());
  }
}
