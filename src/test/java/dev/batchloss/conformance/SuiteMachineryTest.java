package dev.batchloss.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import dev.batchloss.BackendStatus;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** What decides which trials run, and whether a backend may be missing. */
class SuiteMachineryTest {
  @Test
  void everyPossiblePairOfLevelsOccurs() {
    int[] levels = {3, 2, 4, 2};
    List<int[]> combinations =
        Pairwise.combinations(levels, SuiteMachineryTest::firstAndThirdAreNotBothZero);
    assertThat(combinations).hasSizeBetween(11, 18);
    for (int f = 0; f < levels.length; f++) {
      for (int g = f + 1; g < levels.length; g++) {
        for (int a = 0; a < levels[f]; a++) {
          for (int b = 0; b < levels[g]; b++) {
            int first = f;
            int second = g;
            int[] pair = {a, b};
            boolean possible = !(f == 0 && g == 2 && a == 0 && b == 0);
            assertThat(
                    combinations.stream()
                        .anyMatch(
                            combination ->
                                combination[first] == pair[0] && combination[second] == pair[1]))
                .as("level %d of %d with %d of %d", a, f, b, g)
                .isEqualTo(possible);
          }
        }
      }
    }
  }

  private static boolean firstAndThirdAreNotBothZero(int[] combination) {
    return combination[0] != 0 || combination[2] != 0;
  }

  @Test
  void aMissingBackendHasAReason() {
    BackendUnderTest cuda = new BackendUnderTest("cuda", 1, List.of(1), Map.of());
    BackendStatus broken = new BackendStatus("cuda:0", false, false, "", "no driver");
    BackendStatus present = new BackendStatus("cuda:0", true, false, "a device", null);
    assertThat(cuda.reasonAgainst(List.of())).isEqualTo("there is no backend cuda");
    assertThat(cuda.reasonAgainst(List.of(broken))).contains("no driver");
    assertThat(cuda.reasonAgainst(List.of(present))).isNull();
    assertThat(cuda.reasonAgainst(List.of(broken, present))).isNull();
  }

  @Test
  void theVariableNamesWhatIsRequired() {
    assertThat(BackendUnderTest.CPU.isRequired("opencl, cpu")).isTrue();
    assertThat(BackendUnderTest.CPU.isRequired("opencl,cpu2")).isFalse();
    assertThat(BackendUnderTest.CPU.isRequired(null)).isFalse();
  }
}
