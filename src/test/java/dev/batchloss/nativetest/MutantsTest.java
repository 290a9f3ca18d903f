package dev.batchloss.nativetest;

import static java.util.concurrent.TimeUnit.MINUTES;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Timeout.ThreadMode.SEPARATE_THREAD;

import dev.batchloss.nativetest.EmulatedGpu.Run;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/**
 * Every fault in native-test/mutants is planted in turn, in a kernel that ships or in a call to the
 * driver. The tests that it names have to pass without it and to notice it; else what they say of
 * the kernels is worth nothing.
 */
@Tag("exhaustive")
@EnabledOnOs(OS.LINUX)
@Timeout(value = 20, unit = MINUTES, threadMode = SEPARATE_THREAD)
class MutantsTest {
  @TempDir static Path reports;

  /** The same settings are tried once, with all the tests of their mutants. */
  @TestFactory
  Stream<DynamicTest> withoutAMutantEverythingPasses() throws Exception {
    EmulatedGpu gpu = EmulatedGpu.build(reports);
    Map<String, TreeSet<String>> killers = new TreeMap<>();
    Map<String, Map<String, String>> settings = new TreeMap<>();
    for (Mutant mutant : Mutant.in(EmulatedGpu.mutants())) {
      String name = mutant.settings().toString();
      killers.computeIfAbsent(name, _ -> new TreeSet<>()).addAll(mutant.killers());
      settings.put(name, mutant.settings());
    }
    return settings.entrySet().stream()
        .map(
            entry ->
                DynamicTest.dynamicTest(
                    entry.getKey(),
                    () -> passes(gpu, killers.get(entry.getKey()), entry.getValue())));
  }

  @TestFactory
  Stream<DynamicTest> everyMutantIsKilled() throws Exception {
    EmulatedGpu gpu = EmulatedGpu.build(reports);
    List<Mutant> mutants = Mutant.in(EmulatedGpu.mutants());
    assertThat(mutants).isNotEmpty();
    return mutants.stream()
        .map(mutant -> DynamicTest.dynamicTest(mutant.name(), () -> isKilled(gpu, mutant)));
  }

  private static void passes(EmulatedGpu gpu, TreeSet<String> tests, Map<String, String> settings)
      throws IOException, InterruptedException {
    Run run = gpu.run(List.copyOf(tests), settings, null);
    assertThat(run.exitCode()).as(run.toString()).isEqualTo(TestGroup.PASSED);
    assertThat(run.report()).isEmpty();
  }

  private static void isKilled(EmulatedGpu gpu, Mutant mutant)
      throws IOException, InterruptedException {
    Run run = gpu.run(mutant.killers(), mutant.settings(), mutant.name());
    String planted = ": mutant: %s planted in ".formatted(mutant.name());
    assertThat(run.report()).as(run.toString()).anyMatch(line -> line.contains(planted));
    assertThat(run.exitCode())
        .as(run.toString())
        .isIn(TestGroup.PASSED, TestGroup.FAILED);
    String seen =
        run.output()
            + String.join(
                "\n", run.report().stream().filter(line -> !line.contains(planted)).toList());
    assertThat(seen).as("%s, which shows a mutant that lives", run).containsPattern(mutant.evidence());
  }
}
