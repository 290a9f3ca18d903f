package dev.batchloss.device;

import static org.assertj.core.api.Assertions.assertThat;

import dev.batchloss.data.ElementType;
import dev.batchloss.data.Matrix;
import dev.batchloss.data.Targets;
import dev.batchloss.data.ValueTargets;
import dev.batchloss.loss.BinaryCrossEntropy;
import dev.batchloss.loss.CosineSimilarity;
import dev.batchloss.loss.Huber;
import dev.batchloss.loss.LogitsKlDivergence;
import dev.batchloss.loss.Loss;
import dev.batchloss.plan.MatrixOutput;
import dev.batchloss.plan.Reduction;
import dev.batchloss.plan.TargetScan;
import dev.batchloss.spi.RowRequest;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** What goes to a device with a call that compares two matrices. */
class ComparisonCallTest {
  private static final Matrix INPUT = Matrix.of(new float[12], 4, 3);

  private final Matrix values = Matrix.of(new float[12], 4, 3);

  @Test
  void rowsHaveFactorsOfTheirOwnWhereWeightsOrUpstreamDiffer() {
    Loss loss = BinaryCrossEntropy.builder().reduction(Reduction.SUM).build();
    ValueTargets weighted = Targets.values(values).withSampleWeights(1.0, 2, 3, 4);
    Matrix upstream = Matrix.of(new double[] {1, 10, 100, 1000}, 4, 1);
    assertThat(factors(loss, weighted, MatrixOutput.GRADIENT, 6, upstream))
        .containsExactly(2, 40, 600, 8000);
    assertThat(factors(loss, Targets.values(values), MatrixOutput.GRADIENT, 6, null)).isEmpty();
    assertThat(factors(loss, weighted, MatrixOutput.ELEMENT_LOSS, 6, null))
        .containsExactly(1, 2, 3, 4);
    assertThat(factors(loss, weighted, MatrixOutput.NONE, 6, null)).isEmpty();
  }

  @Test
  void withoutFactorsOfRowsThereIsOneForAll() {
    Loss mean = LogitsKlDivergence.builder().factor(5).reduction(Reduction.MEAN).build();
    ValueTargets plain = Targets.values(values);
    assertThat(call(mean, plain, MatrixOutput.GRADIENT, 8, null).numbers())
        .containsExactly(1.0, 0.0, 8 * 5 / 4.0);
    assertThat(
            call(Huber.builder().build(), plain, MatrixOutput.ELEMENT_LOSS, 8, null)
                .numbers()
                .getLast())
        .isEqualTo(1);
  }

  @Test
  void weightsAreSpreadOnTheDevice() {
    ElementWeights perClass = weights(Targets.values(values).withClassWeights(0.5, 2, 4));
    assertThat(written(perClass)).containsExactly(0.5, 2, 4);
    assertThat(perClass.outerStride()).isZero();
    assertThat(perClass.classStride()).isEqualTo(1);

    Matrix turned = Matrix.of(new float[] {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12}, 3, 4);
    Matrix transposed = Matrix.strided(turned.segment(), ElementType.FLOAT32, 4, 3, 1, 1, 4, 1);
    ElementWeights all = weights(Targets.values(values).withElementWeights(transposed));
    assertThat(written(all)).containsExactly(1, 5, 9, 2, 6, 10, 3, 7, 11, 4, 8, 12);
    assertThat(all.outerStride()).isEqualTo(3);
    assertThat(all.classStride()).isEqualTo(1);

    Matrix perRow = Matrix.of(new double[] {1, 2, 3, 4}, 4, 1);
    Matrix spread = Matrix.strided(perRow.segment(), ElementType.FLOAT64, 4, 3, 1, 1, 0, 0);
    ElementWeights ofRows = weights(Targets.values(values).withElementWeights(spread));
    assertThat(written(ofRows)).containsExactly(1, 2, 3, 4);
    assertThat(ofRows.outerStride()).isEqualTo(1);
    assertThat(ofRows.classStride()).isZero();
  }

  @Test
  void positiveWeightsTravelLikeClassWeights() {
    Loss loss = BinaryCrossEntropy.builder().positiveWeights(1, 2, 3).build();
    RowCall call = call(loss, Targets.values(values), MatrixOutput.NONE, 1, null);
    MemorySegment memory = Arena.ofAuto().allocate(call.weightBytes());
    call.writeWeights(memory);
    assertThat(ElementType.FLOAT32.get(memory, 2)).isEqualTo(3);
  }

  @Test
  void doublesAreTakenWhereFloatsDoNotHoldTheBounds() {
    ValueTargets plain = Targets.values(values);
    ValueTargets wide = Targets.values(Matrix.of(new double[12], 4, 3));
    Loss logits = BinaryCrossEntropy.builder().build();
    assertThat(RowArithmetic.of(request(logits, plain))).isEqualTo(ElementType.FLOAT32);
    assertThat(RowArithmetic.of(request(logits, wide))).isEqualTo(ElementType.FLOAT64);
    assertThat(RowArithmetic.of(request(CosineSimilarity.builder().build(), plain)))
        .isEqualTo(ElementType.FLOAT64);
    assertThat(RowArithmetic.of(request(LogitsKlDivergence.builder().build(), plain)))
        .isEqualTo(ElementType.FLOAT32);
    assertThat(
            RowArithmetic.of(
                request(LogitsKlDivergence.builder().temperature(1e-35).build(), plain)))
        .isEqualTo(ElementType.FLOAT64);
  }

  private static double[] factors(
      Loss loss,
      ValueTargets targets,
      MatrixOutput output,
      double scale,
      @Nullable Matrix rowUpstream) {
    RowCall call = call(loss, targets, output, scale, rowUpstream);
    RowChunk chunk = RowChunks.of(INPUT, 1 << 20).at(0);
    int rows = Math.toIntExact(call.factorBytes(chunk) / Float.BYTES);
    MemorySegment memory = Arena.ofAuto().allocate((long) rows * Float.BYTES);
    if (rows > 0) {
      call.writeFactors(chunk, memory);
    }
    double[] factors = new double[rows];
    for (int r = 0; r < rows; r++) {
      factors[r] = ElementType.FLOAT32.get(memory, r);
    }
    return factors;
  }

  private static ElementWeights weights(ValueTargets targets) {
    RowCall call = call(Huber.builder().build(), targets, MatrixOutput.NONE, 1, null);
    return Objects.requireNonNull(call.elementWeights(RowChunks.of(INPUT, 1 << 20).at(0)));
  }

  private static double[] written(ElementWeights weights) {
    MemorySegment memory = Arena.ofAuto().allocate(weights.bytes());
    weights.write(memory);
    double[] written = new double[Math.toIntExact(weights.bytes() / Float.BYTES)];
    for (int i = 0; i < written.length; i++) {
      written[i] = ElementType.FLOAT32.get(memory, i);
    }
    return written;
  }

  private static RowCall call(
      Loss loss,
      ValueTargets targets,
      MatrixOutput output,
      double upstream,
      @Nullable Matrix rowUpstream) {
    RowRequest<Matrix> request =
        new RowRequest<>(
            loss.plan(),
            INPUT,
            targets,
            Set.of(),
            output,
            output == MatrixOutput.NONE ? null : Matrix.of(new float[12], 4, 3),
            upstream,
            rowUpstream,
            () -> _ -> {});
    TargetScan scan = TargetScan.of(loss.plan(), 4, 3, targets);
    return new RowCall(request, ElementType.FLOAT32, scan);
  }

  private static RowRequest<?> request(Loss loss, ValueTargets targets) {
    return call(loss, targets, MatrixOutput.NONE, 1, null).request();
  }
}
