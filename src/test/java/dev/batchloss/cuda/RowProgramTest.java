package dev.batchloss.cuda;

import static org.assertj.core.api.Assertions.assertThat;

import dev.batchloss.data.ElementType;
import dev.batchloss.data.Matrix;
import dev.batchloss.data.Targets;
import dev.batchloss.device.RowLayout;
import dev.batchloss.loss.CrossEntropy;
import dev.batchloss.plan.MatrixOutput;
import dev.batchloss.plan.RowStatistic;
import dev.batchloss.spi.RowRequest;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RowProgramTest {
  private static final int MULTIPROCESSORS = 10;

  @ParameterizedTest
  @CsvSource({
    "1, 1, registers_1, 1, 128",
    "8, 1, registers_1, 1, 128",
    "9, 2, registers_1, 2, 128",
    "33, 8, registers_1, 7, 128",
    "256, 32, registers_1, 25, 128",
    "257, 32, registers_4, 25, 128",
    "1024, 32, registers_4, 25, 128",
    "1025, 32, block, 100, 256",
    "65536, 32, block, 100, 256",
    "65537, 32, block, 100, 256"
  })
  void floatsTakeTheTierOfTheirClassCount(
      int classes, int lanes, String tier, int grid, int threads) {
    RowProgram program = program(ElementType.FLOAT32, classes, RowLayout.ALONG, false);
    assertThat(program.lanes()).isEqualTo(lanes);
    assertThat(program.launches(100, MULTIPROCESSORS, RowProgramTest::noSharedMemory))
        .containsExactly(new RowLaunch("loss_" + tier, grid, 1, threads, 0));
  }

  @Test
  void doublesLeaveTheRegistersEarlier() {
    assertThat(program(ElementType.FLOAT64, 256, RowLayout.ALONG, false))
        .satisfies(program -> assertThat(only(program)).isEqualTo("loss_registers_1"));
    assertThat(program(ElementType.FLOAT64, 257, RowLayout.ALONG, false))
        .satisfies(program -> assertThat(only(program)).isEqualTo("loss_block"));
  }

  @Test
  void rowsSideBySideHaveAThreadEach() {
    assertThat(
            program(ElementType.FLOAT32, 70_000, RowLayout.ACROSS, true)
                .launches(129, MULTIPROCESSORS, RowProgramTest::noSharedMemory))
        .containsExactly(new RowLaunch("gradient_across", 2, 1, 128, 0));
  }

  @Test
  void fewLongRowsAreSplit() {
    RowProgram gradient = program(ElementType.FLOAT32, 65537, RowLayout.ALONG, true);
    assertThat(gradient.launches(19, MULTIPROCESSORS, RowProgramTest::noSharedMemory))
        .containsExactly(
            new RowLaunch("gradient_segments", 2, 19, 256, 0),
            new RowLaunch("gradient_combine", 1, 1, 32, 0),
            new RowLaunch("gradient_write", 2, 19, 256, 0));
    assertThat(
            program(ElementType.FLOAT32, 131_073, RowLayout.ALONG, false)
                .launches(1, MULTIPROCESSORS, RowProgramTest::noSharedMemory))
        .containsExactly(
            new RowLaunch("loss_segments", 3, 1, 256, 0),
            new RowLaunch("loss_combine", 1, 1, 32, 0));
    assertThat(only(gradient)).isEqualTo("gradient_block");
  }

  @Test
  void aRowThatIsWrittenAfterwardsIsKeptWhereItFits() {
    RowProgram program = program(ElementType.FLOAT32, 2001, RowLayout.ALONG, true);
    int bytes = 2008 * Float.BYTES;
    assertThat(program.launches(100, MULTIPROCESSORS, kernel -> bytes))
        .containsExactly(new RowLaunch("gradient_block", 100, 1, 256, bytes));
    assertThat(program.launches(100, MULTIPROCESSORS, kernel -> bytes - 1))
        .containsExactly(new RowLaunch("gradient_block", 100, 1, 256, 0));
    assertThat(
            program(ElementType.FLOAT32, 2001, RowLayout.ALONG, false)
                .launches(100, MULTIPROCESSORS, kernel -> bytes))
        .containsExactly(new RowLaunch("loss_block", 100, 1, 256, 0));
  }

  @Test
  void plainCrossEntropyHasKernelsOfItsOwn() {
    CrossEntropy plain = CrossEntropy.builder().build();
    assertThat(moduleOf(plain, Set.of(), MatrixOutput.NONE)).isEqualTo("plain_FLOAT32");
    assertThat(moduleOf(plain, Set.of(), MatrixOutput.GRADIENT)).isEqualTo("plain_FLOAT32");
    assertThat(moduleOf(plain, Set.of(RowStatistic.RANK), MatrixOutput.NONE))
        .isEqualTo("general_FLOAT32");
    assertThat(moduleOf(plain, Set.of(), MatrixOutput.SOFTMAX)).isEqualTo("general_FLOAT32");
    assertThat(
            moduleOf(
                CrossEntropy.builder().labelSmoothing(0.1).build(), Set.of(), MatrixOutput.NONE))
        .isEqualTo("general_FLOAT32");
    assertThat(moduleOf(CrossEntropy.builder().zLoss(1).build(), Set.of(), MatrixOutput.NONE))
        .isEqualTo("general_FLOAT32");
    assertThat(moduleOf(CrossEntropy.builder().softcap(5).build(), Set.of(), MatrixOutput.NONE))
        .isEqualTo("general_FLOAT64");
    assertThat(
            RowProgram.of(request(plain, Set.of(), MatrixOutput.GRADIENT, ElementType.FLOAT64))
                .module())
        .isEqualTo("general_FLOAT32");
  }

  private static int noSharedMemory(String kernel) {
    return 0;
  }

  private static String moduleOf(
      CrossEntropy loss, Set<RowStatistic> statistics, MatrixOutput output) {
    return RowProgram.of(request(loss, statistics, output, ElementType.FLOAT32)).module();
  }

  private static RowRequest<Matrix> request(
      CrossEntropy loss, Set<RowStatistic> statistics, MatrixOutput kind, ElementType outputType) {
    Matrix output = Matrix.of(MemorySegment.ofArray(new double[6]), outputType, 2, 3);
    return new RowRequest<>(
        loss.plan(),
        Matrix.of(new float[6], 2, 3),
        Targets.classes(0, 1),
        statistics,
        kind,
        kind == MatrixOutput.NONE ? null : output,
        1,
        null,
        () -> rows -> {});
  }

  private static String only(RowProgram program) {
    List<RowLaunch> launches =
        program.launches(100, MULTIPROCESSORS, RowProgramTest::noSharedMemory);
    assertThat(launches).hasSize(1);
    return launches.getFirst().kernel();
  }

  private static RowProgram program(
      ElementType type, int classes, RowLayout layout, boolean writes) {
    return new RowProgram(
        "plain_" + type,
        writes ? "gradient" : "loss",
        type,
        layout,
        classes,
        type.bytes(),
        writes,
        false,
        true);
  }
}
