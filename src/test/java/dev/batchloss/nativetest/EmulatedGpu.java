package dev.batchloss.nativetest;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.batchloss.ChildJvm;
import dev.batchloss.RequiredBackends;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Runs tests in JVMs of their own, on the stand-in for NVIDIA's driver. */
final class EmulatedGpu {
  private static final Path FOLDER = Path.of("native-test").toAbsolutePath();
  private static final int TOOLS_ARE_MISSING = 3;

  private final Path reports;

  /**
   * What tests left.
   *
   * @param exitCode of {@link TestGroup}
   * @param output what they printed
   * @param report what the stand-in reported, without the modules that stay loaded until a process
   *     ends
   */
  record Run(int exitCode, String output, List<String> report) {}

  private EmulatedGpu(Path reports) {
    this.reports = reports;
  }

  /**
   * Builds the stand-in; skips the test, or fails where that is required, if there is no compiler.
   *
   * @param reports an empty folder
   */
  static EmulatedGpu build(Path reports) throws IOException, InterruptedException {
    Process make =
        new ProcessBuilder(FOLDER.resolve("make-quietly").toString())
            .redirectErrorStream(true)
            .start();
    String output = new String(make.getInputStream().readAllBytes(), UTF_8).strip();
    int code = make.waitFor();
    if (code == TOOLS_ARE_MISSING) {
      RequiredBackends.skipOrFail("cuda", output);
    }
    if (code != 0) {
      throw new IOException("native-test does not build:\n" + output);
    }
    return new EmulatedGpu(reports);
  }

  /** Returns the folder of the mutants. */
  static Path mutants() {
    return FOLDER.resolve("mutants");
  }

  /**
   * Runs tests.
   *
   * @param tests as {@link TestGroup} takes them
   * @param settings the stand-in's variables
   * @param mutant the name of the one that is planted, null for none
   */
  Run run(List<String> tests, Map<String, String> settings, @Nullable String mutant)
      throws IOException, InterruptedException {
    Path report = Files.createTempFile(reports, "run", ".txt");
    Map<String, String> environment = new HashMap<>(settings);
    environment.put("LD_LIBRARY_PATH", FOLDER.resolve("build").toString());
    environment.put("BATCHLOSS_REQUIRE", "cuda");
    environment.put("EMULATED_GPU_REPORT", report.toString());
    if (mutant != null) {
      environment.put("EMULATED_GPU_MUTANT", mutant);
    }
    ChildJvm child =
        ChildJvm.run(
            TestGroup.class, tests, environment, "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC");
    List<String> lines =
        Files.readAllLines(report).stream()
            .filter(line -> !line.matches(".*: leak: \\d+ of kind module .*"))
            .toList();
    return new Run(child.exitCode(), child.output(), lines);
  }
}
