package dev.batchloss;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.batchloss.data.ElementType;
import dev.batchloss.data.Matrix;
import dev.batchloss.data.Targets;
import dev.batchloss.loss.CrossEntropy;
import dev.batchloss.plan.Reduction;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.channels.FileChannel;
import java.nio.channels.FileChannel.MapMode;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Views whose elements lie more than 2^31 or 2^32 elements apart. The memory is a mapped file of
 * the test's own that is nearly all hole, so that only the pages of the few elements are taken.
 */
@Tag("exhaustive")
class LargeMatrixTest {
  private static final long BEYOND_31_BITS = (1L << 31) + 7;

  @TempDir Path folder;

  @BeforeEach
  void needsHoles() throws IOException {
    SparseFiles.assumeHoles(folder);
  }

  @ParameterizedTest
  @CsvSource({
    // Each axis in turn has a stride beyond 31 bits or 32; the last case has one of each.
    "2, 70, 1, 4294967305, 1, 1",
    "3, 70, 1, 2147483655, 1, 1",
    "2, 5, 40, 4294967305, 40, 1",
    "1, 3, 40, 1, 2147483655, 1",
    "33, 2, 1, 1, 4294967305, 1",
    "40, 7, 2, 7, 1, 4294967305",
    "2, 2, 33, 2147483655, 4294967305, 1"
  })
  void elementsAreFoundAndGradientsLeftInTheirPlaces(
      long outer, int classes, long inner, long outerStride, long classStride, long innerStride)
      throws IOException {
    long last = (outer - 1) * outerStride + (classes - 1) * classStride + (inner - 1) * innerStride;
    assertThat(last).isGreaterThanOrEqualTo(BEYOND_31_BITS);
    for (String backend : new String[] {"cpu", "scalar"}) {
      Path file = folder.resolve(backend + ".bin");
      try (BatchLoss engine = BatchLoss.open(backend);
          Arena arena = Arena.ofShared();
          FileChannel channel =
              FileChannel.open(
                  file,
                  StandardOpenOption.CREATE,
                  StandardOpenOption.READ,
                  StandardOpenOption.WRITE,
                  StandardOpenOption.DELETE_ON_CLOSE)) {
        MemorySegment memory = channel.map(MapMode.READ_WRITE, 0, (last + 1) * Short.BYTES, arena);
        Matrix matrix =
            Matrix.strided(
                memory,
                ElementType.BFLOAT16,
                outer,
                classes,
                inner,
                outerStride,
                classStride,
                innerStride);
        check(engine, matrix);
      }
    }
  }

  private static void check(BatchLoss engine, Matrix matrix) {
    int rows = (int) matrix.rows();
    int classes = matrix.classes();
    double[][] logits = new double[rows][classes];
    for (int row = 0; row < rows; row++) {
      for (int c = 0; c < classes; c++) {
        // Eighths up to 4 are exact in bfloat16.
        logits[row][c] = ((row * 31 + c * 17) % 64) / 8.0 - 4;
        matrix.set(row, c, logits[row][c]);
      }
    }
    int[] targets = IntStream.range(0, rows).map(row -> row % classes).toArray();

    LossResult result =
        engine.evaluate(
            CrossEntropy.builder().reduction(Reduction.SUM).build(),
            matrix,
            Targets.classes(targets),
            Outputs.gradientInPlace().withRowLosses());

    double[] losses = result.rowLosses();
    for (int row = 0; row < rows; row++) {
      double sum = 0;
      for (double z : logits[row]) {
        sum += Math.exp(z);
      }
      double want = Math.log(sum) - logits[row][targets[row]];
      assertThat(losses[row]).as("row %d", row).isCloseTo(want, within(2e-6 + 2e-6 * want));
      for (int c = 0; c < classes; c++) {
        double derivative = Math.exp(logits[row][c]) / sum - (c == targets[row] ? 1 : 0);
        assertThat(matrix.get(row, c))
            .as("gradient of row %d, class %d", row, c)
            .isCloseTo(derivative, within(2e-6 + Math.abs(derivative) / 256));
      }
    }
  }
}
