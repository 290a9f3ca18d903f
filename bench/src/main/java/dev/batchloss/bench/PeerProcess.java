package dev.batchloss.bench;

import java.io.File;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import tools.jackson.databind.json.JsonMapper;

/**
 * One JVM that measures one peer at one shape ({@link PeerTimes}).
 *
 * @param className the peer
 * @param classPath what it needs beyond this process's class path
 * @param shape rows × classes
 * @param threads how many threads may compute
 * @param iterations how many iterations are measured
 * @param iterationTime how long one is
 * @param limit after this time it is ended
 */
record PeerProcess(
    String className,
    List<Path> classPath,
    String shape,
    int threads,
    int iterations,
    Duration iterationTime,
    Duration limit) {

  /**
   * What became of it.
   *
   * @param runs the passes that were measured
   * @param failure why there are no others, empty if nothing went wrong
   */
  record Outcome(List<PeerTimes.Run> runs, String failure) {}

  /** Runs it to its end or its limit; blocks. */
  Outcome run() throws IOException {
    Path output = Files.createTempFile("peer", ".out");
    Path errors = Files.createTempFile("peer", ".err");
    try {
      ProcessBuilder builder =
          new ProcessBuilder(command())
              .redirectOutput(output.toFile())
              .redirectError(errors.toFile());
      builder.environment().put("OMP_NUM_THREADS", Integer.toString(threads));
      Optional<Integer> exit = await(builder.start(), limit);
      return new Outcome(runs(output), failure(exit, errors));
    } finally {
      Files.delete(output);
      Files.delete(errors);
    }
  }

  /** Returns the exit code, or nothing if the process had to be ended. */
  static Optional<Integer> await(Process process, Duration limit) {
    try {
      if (process.waitFor(limit.toMillis(), TimeUnit.MILLISECONDS)) {
        return Optional.of(process.exitValue());
      }
      process.destroyForcibly().waitFor();
      return Optional.empty();
    } catch (InterruptedException e) {
      process.destroyForcibly();
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted while a process ran", e);
    }
  }

  private List<String> command() {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(ManagementFactory.getRuntimeMXBean().getInputArguments());
    command.add(
        "-Djava.util.concurrent.ForkJoinPool.common.parallelism=" + Math.max(1, threads - 1));
    command.add("-cp");
    command.add(
        Stream.concat(
                Stream.of(System.getProperty("java.class.path")),
                classPath.stream().map(Path::toString))
            .collect(Collectors.joining(File.pathSeparator)));
    command.add(PeerTimes.class.getName());
    command.add(className);
    command.add(shape);
    command.add(Integer.toString(threads));
    command.add(Integer.toString(iterations));
    command.add(Long.toString(iterationTime.toMillis()));
    return command;
  }

  private static List<PeerTimes.Run> runs(Path output) throws IOException {
    JsonMapper mapper = JsonMapper.shared();
    // Native libraries print what they like, in any encoding.
    return new String(Files.readAllBytes(output), StandardCharsets.ISO_8859_1)
        .lines()
        .filter(line -> line.startsWith(PeerTimes.MARK))
        .map(line -> mapper.readValue(line.substring(PeerTimes.MARK.length()), PeerTimes.Run.class))
        .toList();
  }

  private String failure(Optional<Integer> exit, Path errors) throws IOException {
    if (exit.isEmpty()) {
      return "ended after its time limit of %d s".formatted(limit.toSeconds());
    }
    if (exit.get() == 0) {
      return "";
    }
    List<String> lines =
        new String(Files.readAllBytes(errors), StandardCharsets.ISO_8859_1).lines().toList();
    if (exit.get() == PeerTimes.WRONG) {
      return "wrong: " + (lines.isEmpty() ? "" : lines.getLast());
    }
    return lines.stream()
        .filter(line -> line.startsWith("Exception in thread"))
        .findFirst()
        .map(line -> "failed: " + line.replaceFirst("Exception in thread \"[^\"]*\" ", ""))
        .orElse("failed with exit code " + exit.get());
  }
}
