package dev.batchloss.bench;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Fetches peers and times them, each at each shape in JVMs of its own, going through all of them
 * once before any is run again.
 *
 * @param projects where the peers' projects are
 * @param threads how many threads everyone has
 * @param rounds how many JVMs measure each line
 * @param iterations how many iterations each of them measures
 * @param iterationTime how long one is
 * @param limit after this time a JVM is ended
 */
record PeerMeasurement(
    Path projects,
    int threads,
    int rounds,
    int iterations,
    Duration iterationTime,
    Duration limit) {

  /**
   * Returns what shows that everything runs, with one JVM a line unless another number is given.
   */
  static PeerMeasurement quick(Path projects, int threads, int rounds, Duration limit) {
    return of(projects, threads, rounds == 0 ? 1 : rounds, 3, Duration.ofMillis(500), limit);
  }

  /** Returns what counts, with five JVMs a line unless another number is given. */
  static PeerMeasurement full(Path projects, int threads, int rounds, Duration limit) {
    return of(projects, threads, rounds == 0 ? 5 : rounds, 5, Duration.ofSeconds(1), limit);
  }

  private static PeerMeasurement of(
      Path projects, int threads, int rounds, int iterations, Duration time, Duration limit) {
    int everyone = threads == 0 ? Runtime.getRuntime().availableProcessors() : threads;
    Path folder = projects.toAbsolutePath().normalize();
    return new PeerMeasurement(folder, everyone, rounds, iterations, time, limit);
  }

  /** Measures; blocks until the last line is done. */
  PeerTable measure(Origin origin, List<PeerCase> peers, List<String> shapes) throws IOException {
    PeerBuild build = new PeerBuild(projects);
    Map<PeerLibrary, String> missing = build(build, peers);
    List<PeerLines> lines = new ArrayList<>();
    for (String shape : shapes) {
      peers.forEach(peer -> lines.add(new PeerLines(peer, shape)));
    }
    for (int round = 1; round <= rounds; round++) {
      for (PeerLines one : lines) {
        Optional<PeerLibrary> library = one.peer().library();
        if (library.isPresent() && missing.containsKey(library.get())) {
          one.fail("missing: " + missing.get(library.get()));
        } else {
          List<Path> jars = library.isPresent() ? build.classPath(library.get()) : List.of();
          one.add(process(one, jars).run());
        }
        System.err.printf("round %d of %d: %s%n", round, rounds, one.progress());
      }
    }
    return new PeerTable(
        origin, threads, rounds, lines.stream().flatMap(one -> one.rows().stream()).toList());
  }

  private PeerProcess process(PeerLines line, List<Path> jars) {
    return new PeerProcess(
        line.peer().className(), jars, line.shape(), threads, iterations, iterationTime, limit);
  }

  /** Returns the libraries that cannot be used, each with the reason. */
  private static Map<PeerLibrary, String> build(PeerBuild build, List<PeerCase> peers)
      throws IOException {
    List<PeerLibrary> libraries =
        peers.stream().flatMap(peer -> peer.library().stream()).distinct().toList();
    Map<PeerLibrary, String> missing = new EnumMap<>(PeerLibrary.class);
    if (!libraries.isEmpty()) {
      System.err.println(PeerBuild.announcement(libraries));
    }
    for (PeerLibrary library : libraries) {
      build.build(library).ifPresent(reason -> missing.put(library, reason));
    }
    return missing;
  }
}
