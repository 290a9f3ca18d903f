package dev.batchloss.opencl;

import static java.util.concurrent.TimeUnit.MINUTES;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Timeout.ThreadMode.SEPARATE_THREAD;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Every kernel on a simulator that checks each access and each barrier. What its programs run is in
 * {@link GrindTrials}; that this reaches everything is checked in {@link RowTrialsTest}.
 */
@Tag("exhaustive")
@Timeout(value = 10, unit = MINUTES, threadMode = SEPARATE_THREAD)
class OclgrindTest {
  @TempDir Path temp;

  private final List<Oclgrind.Started> started = new ArrayList<>();
  private Oclgrind oclgrind;

  @BeforeEach
  void findIt() throws IOException {
    oclgrind = Oclgrind.find(temp);
  }

  @AfterEach
  void stopWhatStillRuns() {
    started.forEach(Oclgrind.Started::stop);
  }

  @Test
  void findsNothingInTheKernels() throws Exception {
    Map<KernelFamily, Oclgrind.Started> both = new EnumMap<>(KernelFamily.class);
    for (KernelFamily family : KernelFamily.values()) {
      both.put(family, start(family.label(), List.of(property(family)), GrindTrials.class));
    }
    for (KernelFamily family : KernelFamily.values()) {
      Oclgrind.Run run = both.get(family).await();
      assertThat(run.findings()).as("findings in the kernels for a %s", family).isEmpty();
      assertThat(run.output().lines().filter(line -> line.startsWith(GrindTrials.COMPARED)))
          .hasSize(GrindTrials.trials(family).size() + GrindTrials.trialsWithoutDoubles().size());
    }
  }

  @ParameterizedTest
  @EnumSource
  void findsWhatIsPlanted(GrindFaults.Fault fault) throws Exception {
    String findings = start("fault", List.of(), GrindFaults.class, fault.name()).await().findings();
    if (fault == GrindFaults.Fault.NONE) {
      assertThat(findings).isEmpty();
    } else {
      assertThat(findings).contains(fault.findings());
    }
  }

  private Oclgrind.Started start(
      String name, List<String> options, Class<?> program, String... arguments) throws IOException {
    Oclgrind.Started one = oclgrind.start(name, options, program, arguments);
    started.add(one);
    return one;
  }

  private static String property(KernelFamily family) {
    return "-D" + KernelFamily.PROPERTY + "=" + family.label();
  }
}
