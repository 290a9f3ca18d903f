package dev.batchloss.opencl;

import static java.util.concurrent.TimeUnit.MINUTES;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Timeout.ThreadMode.SEPARATE_THREAD;

import dev.batchloss.BackendStatus;
import dev.batchloss.BatchLoss;
import dev.batchloss.ChildJvm;
import dev.batchloss.data.BackendUnavailableException;
import dev.batchloss.data.Matrix;
import dev.batchloss.data.Targets;
import dev.batchloss.loss.CrossEntropy;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/**
 * Machines on which OpenCL is not there or broken, each a JVM of its own: auto goes on to the CPU,
 * and every reason can be read. The loader that these lead astray is Linux's.
 */
@EnabledOnOs(OS.LINUX)
@Timeout(value = 5, unit = MINUTES, threadMode = SEPARATE_THREAD)
class FallbackTest {
  private static final String POCL = "Portable Computing Language";

  @TempDir Path temp;

  /** A program that evaluates on what auto takes and prints the backends. */
  static final class EvaluateAndPrint {
    private EvaluateAndPrint() {}

    public static void main(String[] arguments) {
      float[] logits = {0, 0, 0, 0};
      try (BatchLoss engine = BatchLoss.open("auto")) {
        double loss =
            engine
                .evaluate(
                    CrossEntropy.builder().build(), Matrix.of(logits, 2, 2), Targets.classes(0, 1))
                .loss();
        System.out.println("auto took " + engine.backend().name() + " and got " + loss);
      }
      for (BackendStatus status : BatchLoss.backends()) {
        System.out.println(
            "%s %s: %s".formatted(status.name(), status.available(), status.reason()));
      }
      try {
        BatchLoss.open("opencl").close();
        System.out.println("asked for: opened");
      } catch (BackendUnavailableException e) {
        System.out.println("asked for: " + e.getMessage());
      }
    }
  }

  private static String run(Map<String, String> environment, String... options)
      throws IOException, InterruptedException {
    ChildJvm child = ChildJvm.run(EvaluateAndPrint.class, environment, options);
    assertThat(child.exitCode()).as(child.output()).isZero();
    return child.output();
  }

  private static void assertCpuAndReason(String output, String reason) {
    assertThat(output)
        .startsWith("auto took cpu and got 0.693147")
        .containsPattern("(?m)^opencl false: .*" + reason)
        .containsPattern("(?m)^  opencl: .*" + reason);
    assertThat(output.lines().filter(line -> line.startsWith("asked for: ")))
        .singleElement()
        .asString()
        .contains("backend 'opencl' is not available");
  }

  @Test
  void withoutALoader() throws Exception {
    // The dynamic linker stops at the first file of the name, and an empty one does not load.
    Files.createFile(temp.resolve("libOpenCL.so.1"));
    Files.createFile(temp.resolve("libOpenCL.so"));
    String output = run(Map.of("LD_LIBRARY_PATH", temp.toString()));
    assertCpuAndReason(output, "no OpenCL loader \\(libOpenCL\\)");
    assertThat(output).doesNotContain("Could not load");
  }

  @Test
  void withoutAPlaceForJoclsLibrary() throws Exception {
    TestDevice.find();
    Path file = Files.createFile(temp.resolve("file"));
    assertCpuAndReason(
        run(Map.of(), "-Djava.io.tmpdir=" + file.resolve("below")),
        "JOCL's native library cannot be unpacked.*" + file);
  }

  @Test
  void withoutAPlatform() throws Exception {
    TestDevice.find();
    assertCpuAndReason(
        run(Map.of("OCL_ICD_VENDORS", temp.toString())), "no platform.*OCL_ICD_VENDORS=" + temp);
  }

  @Test
  void withADriverThatDoesNotLoad() throws Exception {
    TestDevice.find();
    Files.writeString(temp.resolve("broken.icd"), temp.resolve("missing.so") + "\n");
    assertCpuAndReason(run(Map.of("OCL_ICD_VENDORS", temp.toString())), "no platform.*\\.icd");
  }

  @Test
  void withACacheFolderThatCannotBeWritten() throws Exception {
    TestDevice.find();
    Assumptions.assumeTrue(
        InstalledPlatforms.find().stream().allMatch(platform -> platform.name().equals(POCL)),
        "there are platforms besides PoCL");
    // Below a file nobody can make a folder, not even root.
    Path file = Files.createFile(temp.resolve("file"));
    assertCpuAndReason(
        run(Map.of("POCL_CACHE_DIR", file.resolve("below").toString())),
        "'" + POCL + "' has no device.*POCL_CACHE_DIR");
  }

  @Test
  void nothingIsLeftInTheTemporaryFolder() throws Exception {
    TestDevice.find();
    assertThat(run(Map.of(), "-Djava.io.tmpdir=" + temp)).contains("opencl:0 true");
    try (var files = Files.list(temp)) {
      assertThat(files.filter(file -> file.toString().contains("JOCL"))).isEmpty();
    }
  }
}
