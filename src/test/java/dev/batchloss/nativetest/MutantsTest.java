package dev.batchloss.nativetest;

import static java.util.concurrent.TimeUnit.MINUTES;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Timeout.ThreadMode.SEPARATE_THREAD;

import dev.batchloss.nativetest.EmulatedGpu.Run;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Every fault in native-test/mutants is planted in turn, in a kernel that ships or in a call to the
 * driver. The tests that it names have to pass without it and to notice it; else it is worth
 * nothing that they pass.
 */
@Tag("exhaustive")
@EnabledOnOs(OS.LINUX)
@Timeout(value = 3, unit = MINUTES, threadMode = SEPARATE_THREAD)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class MutantsTest {
  private EmulatedGpu gpu;
  private List<Mutant> mutants;

  @BeforeAll
  @Timeout(value = 10, unit = MINUTES, threadMode = SEPARATE_THREAD)
  void build(@TempDir Path reports) throws IOException, InterruptedException {
    gpu = EmulatedGpu.build(reports);
    mutants = Mutant.in(EmulatedGpu.mutants());
    assertThat(mutants).isNotEmpty();
  }

  Stream<Map<String, String>> settings() {
    return mutants.stream().map(Mutant::settings).distinct();
  }

  /** Each group of settings once, with all the tests that are run with them. */
  @ParameterizedTest
  @MethodSource("settings")
  void everythingPassesWithoutAMutant(Map<String, String> settings) throws Exception {
    List<String> killers =
        mutants.stream()
            .filter(mutant -> mutant.settings().equals(settings))
            .flatMap(mutant -> mutant.killers().stream())
            .distinct()
            .toList();
    Run run = gpu.run(killers, settings, null);
    assertThat(run.exitCode()).as(run.toString()).isEqualTo(TestGroup.PASSED);
    assertThat(run.report()).isEmpty();
  }

  Stream<Mutant> mutants() {
    return mutants.stream();
  }

  @ParameterizedTest
  @MethodSource("mutants")
  void aMutantIsKilled(Mutant mutant) throws Exception {
    Run run = gpu.run(mutant.killers(), mutant.settings(), mutant.name());
    String planted = ": mutant: %s planted in ".formatted(mutant.name());
    assertThat(run.report()).as(run.toString()).anyMatch(line -> line.contains(planted));
    assertThat(run.exitCode()).as(run.toString()).isIn(TestGroup.PASSED, TestGroup.FAILED);
    String seen =
        run.report().stream()
            .filter(line -> !line.contains(planted))
            .collect(Collectors.joining("\n", run.output() + "\n", ""));
    assertThat(seen).as("what shows %s", mutant.name()).containsPattern(mutant.evidence());
  }
}
