package dev.batchloss.opencl;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.batchloss.data.BackendUnavailableException;
import dev.batchloss.data.ElementType;
import dev.batchloss.device.RowColumn;
import dev.batchloss.device.RowLayout;
import dev.batchloss.plan.MatrixOutput;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class RowProgramTest {
  private static final DeviceDescription DEVICE = TestDevice.describe().build();
  private static final DeviceDescription WITHOUT_DOUBLES =
      TestDevice.describe().name("A small GPU").withoutDoubles().build();
  private static final RowTrials ROWS = RowTrials.ofRows(5, 100);

  private static RowProgram program(RowTrial trial, DeviceDescription device, KernelFamily family) {
    return RowProgram.of(trial.request(), RowLayout.of(trial.input()), device, family);
  }

  private static RowProgram forGpu(RowTrial trial) {
    return program(trial, DEVICE, KernelFamily.GPU);
  }

  /** Programs are cached by their options. */
  @ParameterizedTest
  @EnumSource
  void theSameCallHasTheSameOptions(KernelFamily family) {
    List<RowTrial> some = RowTrials.ofRows(5, 100).all();
    List<RowTrial> others = RowTrials.ofRows(5, 100).all();
    for (int i = 0; i < some.size(); i++) {
      assertThat(program(some.get(i), DEVICE, family).options())
          .isEqualTo(program(others.get(i), DEVICE, family).options());
    }
    assertThat(some.stream().map(trial -> program(trial, DEVICE, family).options()))
        .doesNotHaveDuplicates();
  }

  @Test
  void ofAPlainLoss() {
    assertThat(forGpu(ROWS.plainLoss(ElementType.FLOAT32)).options())
        .isEqualTo(
            "-cl-std=CL1.2 -D LANES=4 -D BLOCK=4 -D GROUP=32 -D HAS_DOUBLES -D INPUT=FLOAT32"
                + " -D OUTPUT=FLOAT32 -D HAS_CLASS_TARGETS -D TARGET=FLOAT32 -D NORMALIZES"
                + " -D READS_ROWS -D COLUMN_SHIFT=0 -D COLUMN_SUM=1 -D COLUMN_TARGET_ORDERED=2");
  }

  @ParameterizedTest
  @EnumSource
  void columnsHaveTheirPlaces(KernelFamily family) {
    for (RowTrial trial : ROWS.all()) {
      RowProgram program = program(trial, DEVICE, family);
      for (RowColumn column : RowColumn.values()) {
        int place = program.columns().indexOf(column);
        String option = "-D COLUMN_%s=".formatted(column);
        if (place < 0) {
          assertThat(program.options()).doesNotContain(option);
        } else {
          assertThat(program.options() + " ").contains(option + place + " ");
        }
      }
    }
  }

  @Test
  void sourcesFollowTheWalk() {
    assertThat(forGpu(ROWS.softmax()).sources())
        .containsExactly("types", "statistics", "rows", "along", "along_kernels");
    assertThat(forGpu(RowTrials.ofRows(5, 10).softmax()).sources())
        .containsExactly("types", "statistics", "rows", "across");
    assertThat(forGpu(RowTrials.of(1, 100, 5).softmax()).sources())
        .containsExactly("types", "statistics", "rows", "across");
  }

  @Test
  void doublesWhereFloatsDoNotHoldTheBounds() {
    assertThat(forGpu(ROWS.plainLoss(ElementType.FLOAT32)).arithmetic())
        .isEqualTo(ElementType.FLOAT32);
    assertThat(forGpu(ROWS.plainLoss(ElementType.BFLOAT16)).arithmetic())
        .isEqualTo(ElementType.FLOAT32);
    assertThat(forGpu(ROWS.plainLoss(ElementType.FLOAT64)).arithmetic())
        .isEqualTo(ElementType.FLOAT64);
    assertThat(forGpu(ROWS.cappedAndSoft()).arithmetic()).isEqualTo(ElementType.FLOAT64);
    assertThat(forGpu(ROWS.checkedProbabilities()).arithmetic()).isEqualTo(ElementType.FLOAT64);
    assertThat(forGpu(ROWS.softmax()).arithmetic()).isEqualTo(ElementType.FLOAT32);
  }

  @Test
  void longSumsAreKeptInDoublesOrWithTheirErrors() {
    RowTrial along = ROWS.plainLoss(ElementType.FLOAT32);
    RowTrial across = RowTrials.of(1, 100, 5).plainLoss(ElementType.FLOAT32);
    for (RowTrial trial : List.of(along, across)) {
      for (KernelFamily family : KernelFamily.values()) {
        boolean isShort = trial.equals(along) && family == KernelFamily.GPU;
        String with = program(trial, DEVICE, family).options();
        String without = program(trial, WITHOUT_DOUBLES, family).options();
        assertThat(with.contains("-D TOTAL_IS_DOUBLE")).isEqualTo(!isShort);
        assertThat(with).doesNotContain("COMPENSATES");
        assertThat(without.contains("-D COMPENSATES")).isEqualTo(!isShort);
        assertThat(without).doesNotContain("DOUBLE");
      }
    }
  }

  @Test
  void aDeviceWithoutDoublesRefusesThemByName() {
    requireRefusal(ROWS.plainLoss(ElementType.FLOAT64), "the input is FLOAT64");
    requireRefusal(
        ROWS.plainLoss(ElementType.FLOAT32).writing(MatrixOutput.GRADIENT, ElementType.FLOAT64),
        "the output is FLOAT64");
    RowTrial soft = ROWS.everyTermOfDistributions();
    requireRefusal(
        new RowTrial(
            soft.name(),
            soft.plan(),
            ROWS.plainLoss(ElementType.FLOAT32).input(),
            soft.targets(),
            soft.statistics(),
            MatrixOutput.NONE,
            ElementType.FLOAT32,
            false,
            null),
        "the target matrix is FLOAT64");
    assertThat(program(ROWS.cappedAndSoft(), WITHOUT_DOUBLES, KernelFamily.GPU).arithmetic())
        .isEqualTo(ElementType.FLOAT32);
  }

  private static void requireRefusal(RowTrial trial, String message) {
    assertThatThrownBy(() -> program(trial, WITHOUT_DOUBLES, KernelFamily.GPU))
        .isInstanceOf(BackendUnavailableException.class)
        .hasMessageContaining(message)
        .hasMessageContaining("A small GPU");
  }
}
