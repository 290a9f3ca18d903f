package dev.batchloss.evaluate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.batchloss.BatchLoss;
import dev.batchloss.LossSummary;
import dev.batchloss.Metric;
import dev.batchloss.SparseFiles;
import dev.batchloss.io.NumericFile;
import dev.batchloss.loss.CrossEntropy;
import dev.batchloss.plan.Reduction;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A file of more than 2^32 elements, four times the heap, nearly all of it a hole of zeros. */
@Tag("exhaustive")
class LargeEvaluationTest {
  private static final long ROWS = (1L << 25) + 3;
  private static final int CLASSES = 130;
  private static final int HEADER = 128;
  private static final double TOLERANCE = 2e-6;

  /** What is not zero: at both ends, and about where 32 bits of bytes or elements end. */
  private static final long[] MARKED = {
    CLASSES + 5,
    (1L << 30) - HEADER / 2,
    1L << 30,
    (1L << 31) - 1,
    1L << 31,
    (1L << 31) + CLASSES,
    (1L << 32) - 1,
    1L << 32,
    (1L << 32) + 2 * CLASSES,
    ROWS * CLASSES - 1
  };

  @TempDir Path folder;

  @BeforeEach
  void needsHolesAndSpaceForTheRowLosses() throws IOException {
    SparseFiles.assumeHoles(folder);
    long usable = Files.getFileStore(folder).getUsableSpace();
    assumeTrue(usable > 4 * ROWS * Double.BYTES, "only " + usable + " bytes of space in " + folder);
  }

  @Test
  void everyRowIsReadFromItsPlace() throws IOException {
    Path logits = SparseFiles.zeros(folder.resolve("logits.npy"), "f2", ROWS, CLASSES);
    Path targets = SparseFiles.zeros(folder.resolve("targets.npy"), "u1", ROWS);
    Path rowLosses = folder.resolve("losses.npy");
    Map<Long, double[]> marked = new TreeMap<>();
    for (int i = 0; i < MARKED.length; i++) {
      float value = 2 + i * 0.5f;
      SparseFiles.writeAt(logits, HEADER + 2 * MARKED[i], Float.floatToFloat16(value));
      marked
              .computeIfAbsent(MARKED[i] / CLASSES, row -> new double[CLASSES])[
              (int) (MARKED[i] % CLASSES)] =
          value;
    }
    assertThat(ROWS * CLASSES).isGreaterThan(1L << 32);
    assertThat(Files.size(logits)).isEqualTo(HEADER + 2 * ROWS * CLASSES);

    LossSummary summary;
    try (BatchLoss engine = BatchLoss.open("cpu")) {
      summary =
          FileEvaluation.builder()
              .input(logits.toString())
              .targets(targets.toString())
              .loss(CrossEntropy.builder().reduction(Reduction.SUM).build())
              .metrics(List.of(Metric.ACCURACY))
              .rowLossesTo(rowLosses)
              .build()
              .run(engine)
              .summary();
    }

    assertThat(summary.rows()).isEqualTo(ROWS);
    long wrong =
        marked.values().stream()
            .filter(row -> row[0] < Arrays.stream(row).max().orElseThrow())
            .count();
    assertThat(summary.metrics().accuracy()).isEqualTo((double) (ROWS - wrong) / ROWS);
    double want = (ROWS - marked.size()) * Math.log(CLASSES);
    for (double[] row : marked.values()) {
      want += lossAtTargetZero(row);
    }
    assertThat(summary.loss()).isCloseTo(want, within(TOLERANCE * want));
    checkRows(rowLosses, marked);
  }

  /** Every row of zeros has the same loss, and every marked row its own. */
  private static void checkRows(Path rowLosses, Map<Long, double[]> marked) throws IOException {
    double[] losses = new double[1 << 20];
    double ofZeros = Math.log(CLASSES);
    Map<Long, Double> others = new TreeMap<>();
    try (NumericFile file = NumericFile.open(rowLosses.toString())) {
      assertThat(file.shape()).containsExactly(ROWS);
      for (long first = 0; first < ROWS; first += losses.length) {
        int count = (int) Math.min(losses.length, ROWS - first);
        file.read(new long[] {first}, new long[] {count}, MemorySegment.ofArray(losses));
        for (int i = 0; i < count; i++) {
          if (!(Math.abs(losses[i] - ofZeros) <= TOLERANCE * ofZeros) && others.size() < 100) {
            others.put(first + i, losses[i]);
          }
        }
      }
    }
    assertThat(others.keySet()).isEqualTo(marked.keySet());
    others.forEach(
        (row, loss) ->
            assertThat(loss)
                .as("row %d", row)
                .isCloseTo(lossAtTargetZero(marked.get(row)), within(4 * TOLERANCE)));
  }

  private static double lossAtTargetZero(double[] row) {
    return Math.log(Arrays.stream(row).map(Math::exp).sum()) - row[0];
  }
}
