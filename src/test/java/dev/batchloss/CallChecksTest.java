package dev.batchloss;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatNullPointerException;

import dev.batchloss.data.ClassTargets;
import dev.batchloss.data.ElementType;
import dev.batchloss.data.InvalidDataException;
import dev.batchloss.data.Matrix;
import dev.batchloss.data.Targets;
import dev.batchloss.loss.CrossEntropy;
import dev.batchloss.loss.Loss;
import dev.batchloss.loss.MeanSquaredError;
import dev.batchloss.loss.SoftmaxEntropy;
import dev.batchloss.loss.SoftmaxFocal;
import dev.batchloss.loss.SoftmaxKlDivergence;
import dev.batchloss.plan.InputKind;
import dev.batchloss.plan.Reduction;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Every refusal of a call: its message, and that nothing has been written. */
class CallChecksTest {
  private static final float UNTOUCHED = 7;

  private final BatchLoss engine = BatchLoss.open("scalar");
  private final float[] memory = new float[64];
  private final MemorySegment segment = MemorySegment.ofArray(memory);
  private final Loss mean = CrossEntropy.builder().build();
  private final Loss none = mean.withReduction(Reduction.NONE);
  private final Matrix input = Matrix.of(new float[] {1, 2, 3, 4, 5, 6}, 2, 3);
  private final Targets targets = Targets.classes(0, 2);

  @BeforeEach
  void mark() {
    Arrays.fill(memory, UNTOUCHED);
  }

  @AfterEach
  void nothingWasTouched() {
    for (float value : memory) {
      assertThat(value).isEqualTo(UNTOUCHED);
    }
    for (int i = 0; i < 6; i++) {
      assertThat(input.get(i / 3, i % 3)).isEqualTo(i + 1);
    }
    engine.close();
  }

  private Matrix view(int offset, long rows, int classes) {
    return Matrix.of(segment.asSlice(offset * 4L), ElementType.FLOAT32, rows, classes);
  }

  private Outputs gradient() {
    return Outputs.gradientInto(view(0, 2, 3));
  }

  private void assertRefused(Loss loss, Targets rows, Outputs outputs, String message) {
    assertThatExceptionOfType(IllegalArgumentException.class)
        .isThrownBy(() -> engine.evaluate(loss, input, rows, outputs))
        .withMessage(message);
  }

  private void assertRefused(Outputs outputs, String message) {
    assertRefused(mean, targets, outputs, message);
  }

  @Test
  void memoryOfOneThreadIsRefused() {
    try (Arena arena = Arena.ofConfined()) {
      Matrix confined = Matrix.of(arena.allocate(24), ElementType.FLOAT32, 2, 3);
      assertRefused(
          Outputs.gradientInto(confined),
          "the memory of gradient belongs to one thread; allocate it in Arena.ofShared() or"
              + " ofAuto()");
    }
  }

  @Test
  void noArgumentIsNull() {
    Outputs outputs = Outputs.lossOnly();
    assertThatNullPointerException()
        .isThrownBy(() -> engine.evaluate(null, input, targets, outputs))
        .withMessage("loss");
    assertThatNullPointerException()
        .isThrownBy(() -> engine.evaluate(mean, (Matrix) null, targets, outputs))
        .withMessage("input");
    assertThatNullPointerException()
        .isThrownBy(() -> engine.evaluate(mean, input, null, outputs))
        .withMessage("targets");
    assertThatNullPointerException()
        .isThrownBy(() -> engine.evaluate(mean, input, targets, null))
        .withMessage("outputs");
  }

  @Test
  void thereAreClasses() {
    assertThatExceptionOfType(IllegalArgumentException.class)
        .isThrownBy(() -> engine.evaluate(mean, Matrix.of(new float[0], 2, 0), targets))
        .withMessage("the input has no classes: it is FLOAT32 2×0");
  }

  @Test
  void thereIsOneTargetARow() {
    assertRefused(
        mean,
        Targets.classes(0, 1, 2),
        gradient(),
        "there are 3 targets for the 2 rows of the input (FLOAT32 2×3)");
  }

  @Test
  void thereIsOneClassWeightAClass() {
    Loss weighted = CrossEntropy.builder().classWeights(1, 2).build();
    assertRefused(weighted, targets, gradient(), "there are 2 class weights for 3 classes");
  }

  @Test
  void probabilityTargetsHaveTheInputsShape() {
    assertRefused(
        mean,
        Targets.probabilities(Matrix.of(new float[4], 2, 2)),
        gradient(),
        "the shape of the probability targets is FLOAT32 2×2, the input's is FLOAT32 2×3");
    assertRefused(
        mean,
        Targets.probabilities(Matrix.of(new float[6], 1, 3, 2)),
        gradient(),
        "the shape of the probability targets is FLOAT32 1×3×2, the input's is FLOAT32 2×3");
  }

  @Test
  void ignoreIndexNeedsClassTargets() {
    assertRefused(
        CrossEntropy.builder().ignoreIndex(-100).build(),
        Targets.probabilities(Matrix.of(new float[6], 2, 3)),
        gradient(),
        "ignoreIndex -100 means nothing with probability targets");
  }

  @Test
  void theMatrixHasTheInputsShape() {
    assertRefused(
        Outputs.gradientInto(view(0, 3, 3)),
        "the shape of the gradient is FLOAT32 3×3, the input's is FLOAT32 2×3");
    assertRefused(
        Outputs.softmaxInto(view(0, 2, 2)),
        "the shape of the softmax is FLOAT32 2×2, the input's is FLOAT32 2×3");
  }

  @Test
  void whatIsWrittenCanBeWritten() {
    Matrix readOnly = Matrix.of(segment.asReadOnly(), ElementType.FLOAT32, 2, 3);
    assertRefused(
        Outputs.logSoftmaxInto(readOnly), "the log-softmax cannot be written: read-only memory");
    assertRefused(
        Outputs.gradientInto(view(0, 2, 3).withStrides(0, 1, 1)),
        "the gradient cannot be written: elements of FLOAT32 2×3 overlap");
    assertRefused(
        Outputs.lossOnly().withRowLossesInto(view(0, 2, 1).withStrides(0, 1, 1)),
        "the row losses cannot be written: elements of FLOAT32 2×1 overlap");
    Matrix readOnlyInput = Matrix.of(segment.asReadOnly(), ElementType.FLOAT32, 2, 3);
    assertThatExceptionOfType(IllegalArgumentException.class)
        .isThrownBy(() -> engine.evaluate(mean, readOnlyInput, targets, Outputs.gradientInPlace()))
        .withMessage("the gradient cannot be written: read-only memory");
  }

  @Test
  void theMatrixIsTheInputOrApartFromIt() {
    Matrix own = view(0, 2, 3);
    assertThatExceptionOfType(IllegalArgumentException.class)
        .isThrownBy(() -> engine.evaluate(mean, own, targets, Outputs.gradientInto(view(5, 2, 3))))
        .withMessage("the gradient and the input overlap without being the same view");
    assertThatExceptionOfType(IllegalArgumentException.class)
        .isThrownBy(
            () ->
                engine.evaluate(
                    mean, own, targets, Outputs.lossOnly().withRowLossesInto(view(5, 2, 1))))
        .withMessage("the row losses and the input overlap");
  }

  @Test
  void nothingIsWrittenOverTargetsOrWeights() {
    ClassTargets indices = ClassTargets.ofInts(segment.asSlice(20, 8));
    assertRefused(mean, indices, gradient(), "the gradient and the targets overlap");
    assertRefused(
        mean,
        Targets.probabilities(view(5, 2, 3)),
        gradient(),
        "the gradient and the targets overlap");
    assertRefused(
        mean,
        targets.withSampleWeights(view(5, 2, 1)),
        gradient(),
        "the gradient and the sample weights overlap");
    assertRefused(
        mean,
        targets.withSampleWeights(view(5, 2, 1)),
        Outputs.lossOnly().withLogSumExpInto(view(6, 2, 1)),
        "the log-sum-exp and the sample weights overlap");
    assertRefused(
        none, targets, gradient().withUpstream(view(5, 2, 1)), "the gradient and upstream overlap");
  }

  @Test
  void nothingIsWrittenTwice() {
    assertRefused(
        gradient().withRowLossesInto(view(5, 2, 1)), "the row losses and the gradient overlap");
    assertRefused(
        Outputs.lossOnly().withRowLossesInto(view(0, 2, 1)).withLogSumExpInto(view(1, 2, 1)),
        "the log-sum-exp and the row losses overlap");
  }

  @Test
  void rowVectorsAreOneColumn() {
    assertRefused(
        Outputs.lossOnly().withRowLossesInto(view(0, 1, 2)),
        "the matrix for the row losses is FLOAT32 1×2, must be one column of 2 rows");
    assertRefused(
        Outputs.lossOnly().withLogSumExpInto(view(0, 3, 1)),
        "the matrix for the log-sum-exp is FLOAT32 3×1, must be one column of 2 rows");
  }

  @Test
  void logSumExpIsOfLogits() {
    Loss onProbabilities = CrossEntropy.builder().input(InputKind.PROBABILITIES).build();
    assertRefused(
        onProbabilities,
        targets,
        Outputs.lossOnly().withLogSumExp(),
        "log-sum-exp is of logits, the input is PROBABILITIES");
    Loss onLogProbabilities = CrossEntropy.builder().input(InputKind.LOG_PROBABILITIES).build();
    assertRefused(
        onLogProbabilities,
        targets,
        Outputs.lossOnly().withLogSumExpInto(view(0, 2, 1)),
        "log-sum-exp is of logits, the input is LOG_PROBABILITIES");
  }

  @Test
  void upstreamFitsTheReduction() {
    assertRefused(
        Outputs.lossOnly().withUpstream(2),
        "upstream multiplies a gradient, none is asked for (NONE)");
    assertRefused(
        Outputs.softmaxInto(view(0, 2, 3)).withUpstream(2),
        "upstream multiplies a gradient, none is asked for (SOFTMAX)");
    assertRefused(
        none,
        targets,
        gradient().withUpstream(2),
        "the reduction is NONE: upstream must be a vector, one a row, not 2.0");
    assertRefused(
        gradient().withUpstream(new double[] {1, 2}),
        "the reduction is MEAN: upstream must be one number, not a vector");
    assertRefused(
        none,
        targets,
        gradient().withUpstream(new double[] {1, 2, 3}),
        "upstream is FLOAT64 3×1, must be one column of 2 rows");
  }

  @Test
  void badDataIsRefusedBeforeAnythingIsWritten() {
    Outputs all = gradient().withRowLossesInto(view(20, 2, 1)).withLogSumExpInto(view(30, 2, 1));
    assertThatExceptionOfType(InvalidDataException.class)
        .isThrownBy(() -> engine.evaluate(mean, input, Targets.classes(0, 3), all))
        .withMessage("target of row 1 is 3, must be in 0..2");
    assertThatExceptionOfType(InvalidDataException.class)
        .isThrownBy(
            () -> engine.evaluate(mean, input, targets.withSampleWeights(1, Double.NaN), all))
        .withMessage("sample weight of row 1 is NaN, must be finite");
    Targets probabilities = Targets.probabilities(Matrix.of(new float[] {1, 0, 0, 0, -1, 2}, 2, 3));
    assertThatExceptionOfType(InvalidDataException.class)
        .isThrownBy(() -> engine.evaluate(mean, input, probabilities, Outputs.gradientInPlace()))
        .withMessage("target probability of row 1, class 1 is -1.0, must be in 0..1");
  }

  @Test
  void targetsOfAKindThatTheLossDoesNotTakeAreRefused() {
    Targets distributions = Targets.probabilities(Matrix.of(new double[6], 2, 3));
    Targets values = Targets.values(Matrix.of(new double[6], 2, 3));
    Loss focal = SoftmaxFocal.builder().build();
    Loss divergence = SoftmaxKlDivergence.builder().build();
    Loss entropy = SoftmaxEntropy.builder().build();
    Loss squares = MeanSquaredError.builder().build();
    assertRefused(
        mean,
        values,
        gradient(),
        "the targets are values, the loss takes classes or probabilities");
    assertRefused(
        focal, distributions, gradient(), "the targets are probabilities, the loss takes classes");
    assertRefused(
        divergence, targets, gradient(), "the targets are classes, the loss takes probabilities");
    assertRefused(entropy, targets, gradient(), "the targets are classes, the loss takes none");
    assertRefused(squares, targets, gradient(), "the targets are classes, the loss takes values");
  }

  @Test
  void targetsAreNeededUnlessTheLossTakesNone() {
    assertRefusedWithoutTargets(
        mean, gradient(), "there are no targets, the loss takes classes or probabilities");
    assertRefusedWithoutTargets(
        SoftmaxFocal.builder().build(), gradient(), "there are no targets, the loss takes classes");
  }

  @Test
  void metricsOfTargetsNeedTargets() {
    Loss entropy = SoftmaxEntropy.builder().build();
    assertRefusedWithoutTargets(
        entropy,
        gradient().withMetrics(Metric.ENTROPY, Metric.topK(3)),
        "the metric top3 needs targets, the loss takes none");
    assertThat(
            engine
                .evaluate(entropy, input, Outputs.lossOnly().withMetrics(Metric.ENTROPY))
                .metrics()
                .entropy())
        .isPositive();
  }

  private void assertRefusedWithoutTargets(Loss loss, Outputs outputs, String message) {
    assertThatExceptionOfType(IllegalArgumentException.class)
        .isThrownBy(() -> engine.evaluate(loss, input, outputs))
        .withMessage(message);
  }
}
