package dev.batchloss.device;

import static dev.batchloss.device.RowColumn.ARGMAX;
import static dev.batchloss.device.RowColumn.BAD_CLASS;
import static dev.batchloss.device.RowColumn.BAD_TARGET_CLASS;
import static dev.batchloss.device.RowColumn.CLASS_MOMENT;
import static dev.batchloss.device.RowColumn.ENTROPY_MOMENT;
import static dev.batchloss.device.RowColumn.INPUT_SUM;
import static dev.batchloss.device.RowColumn.LOSS;
import static dev.batchloss.device.RowColumn.MATCHES;
import static dev.batchloss.device.RowColumn.MAXIMUM;
import static dev.batchloss.device.RowColumn.PLAIN_TARGET_MASS;
import static dev.batchloss.device.RowColumn.PLAIN_TARGET_MOMENT;
import static dev.batchloss.device.RowColumn.RANK;
import static dev.batchloss.device.RowColumn.SHIFT;
import static dev.batchloss.device.RowColumn.SQUARE_SUM;
import static dev.batchloss.device.RowColumn.SUM;
import static dev.batchloss.device.RowColumn.TARGET_ARGMAX;
import static dev.batchloss.device.RowColumn.TARGET_MASS;
import static dev.batchloss.device.RowColumn.TARGET_MOMENT;
import static dev.batchloss.device.RowColumn.TARGET_NEGENTROPY;
import static dev.batchloss.device.RowColumn.TARGET_ORDERED;
import static dev.batchloss.device.RowColumn.TARGET_PRODUCT;
import static dev.batchloss.device.RowColumn.TARGET_SQUARE_SUM;
import static org.assertj.core.api.Assertions.assertThat;

import dev.batchloss.data.ElementType;
import dev.batchloss.data.Matrix;
import dev.batchloss.data.Targets;
import dev.batchloss.loss.BinaryCrossEntropy;
import dev.batchloss.loss.JensenShannon;
import dev.batchloss.loss.Loss;
import dev.batchloss.loss.MeanSquaredError;
import dev.batchloss.plan.ClassWeights;
import dev.batchloss.plan.InputKind;
import dev.batchloss.plan.InputTransform;
import dev.batchloss.plan.MatrixOutput;
import dev.batchloss.plan.Normalization;
import dev.batchloss.plan.Reduction;
import dev.batchloss.plan.RowObjective;
import dev.batchloss.plan.RowPlan;
import dev.batchloss.plan.RowPlan.TargetCheck;
import dev.batchloss.plan.RowStatistic;
import dev.batchloss.spi.RowRequest;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class RowColumnsTest {
  private static final double UNUSED = Double.POSITIVE_INFINITY;
  private static final InputTransform LOGITS = InputTransform.logits(1, UNUSED);
  private static final RowObjective PLAIN = RowObjective.crossEntropy(0, null, 0);
  private static final Targets CLASSES = Targets.classes(1, 0);
  private static final Targets SOFT = Targets.probabilities(Matrix.of(new float[4], 2, 2));
  private static final Set<RowStatistic> ALL = Set.of(RowStatistic.values());

  @Test
  void ofPlainCrossEntropy() {
    assertThat(columns(LOGITS, PLAIN, CLASSES, Set.of()))
        .containsExactly(SHIFT, SUM, TARGET_ORDERED);
    assertThat(columns(InputTransform.logProbabilities(), PLAIN, CLASSES, Set.of()))
        .containsExactly(TARGET_ORDERED);
  }

  @Test
  void withoutANormalizerThereIsNoShift() {
    assertThat(
            columns(InputTransform.logProbabilities(), PLAIN, CLASSES, Set.of(RowStatistic.ARGMAX)))
        .containsExactly(SUM, TARGET_ORDERED, MAXIMUM, ARGMAX);
    assertThat(columns(probabilities(Normalization.NONE, UNUSED), PLAIN, CLASSES, Set.of()))
        .containsExactly(SUM, TARGET_ORDERED);
    assertThat(columns(probabilities(Normalization.AFTER_CLIP, UNUSED), PLAIN, CLASSES, Set.of()))
        .containsExactly(SHIFT, SUM, TARGET_ORDERED);
  }

  @Test
  void everyTermAndEveryStatistic() {
    ClassWeights weights = ClassWeights.of(1, 2);
    RowObjective everything = new RowObjective(1, 0.1, weights, 0, 0.1, 0.1, 1);
    assertThat(columns(LOGITS, everything, SOFT, ALL))
        .containsExactly(
            SHIFT,
            SUM,
            CLASS_MOMENT,
            TARGET_MOMENT,
            TARGET_MASS,
            PLAIN_TARGET_MOMENT,
            PLAIN_TARGET_MASS,
            TARGET_NEGENTROPY,
            ENTROPY_MOMENT,
            SQUARE_SUM,
            TARGET_PRODUCT,
            TARGET_SQUARE_SUM,
            MAXIMUM,
            ARGMAX,
            TARGET_ARGMAX,
            RANK,
            BAD_TARGET_CLASS);
    assertThat(columns(LOGITS, PLAIN, CLASSES, ALL))
        .containsExactly(
            SHIFT, SUM, TARGET_ORDERED, ENTROPY_MOMENT, SQUARE_SUM, MAXIMUM, ARGMAX, RANK);
  }

  @Test
  void probabilitiesAreSummedWhereTheyAreCheckedOrDividedByTheSum() {
    assertThat(columns(probabilities(Normalization.NONE, 0.1), PLAIN, CLASSES, Set.of()))
        .containsExactly(SUM, TARGET_ORDERED, INPUT_SUM, BAD_CLASS);
    assertThat(columns(probabilities(Normalization.BEFORE_CLIP, UNUSED), PLAIN, CLASSES, Set.of()))
        .containsExactly(SUM, TARGET_ORDERED, INPUT_SUM);
  }

  @Test
  void theClassOfATargetDistributionIsWantedForItsRankAlone() {
    assertThat(columns(LOGITS, PLAIN, SOFT, Set.of(RowStatistic.RANK)))
        .containsExactly(
            SHIFT, SUM, TARGET_MOMENT, TARGET_MASS, TARGET_ARGMAX, RANK, BAD_TARGET_CLASS);
  }

  @Test
  void targetsThatMayBeAnythingAreNotChecked() {
    RowRequest<Matrix> request = request(LOGITS, PLAIN, SOFT, Set.of(), TargetCheck.NONE);
    assertThat(RowColumns.of(request).asList())
        .containsExactly(SHIFT, SUM, TARGET_MOMENT, TARGET_MASS);
  }

  @Test
  void whatComparesReturnsItsLossAndWhatIsCheckedOrCounted() {
    assertThat(columns(MeanSquaredError.builder().build(), Set.of())).containsExactly(LOSS);
    assertThat(columns(MeanSquaredError.builder().build(), ALL)).containsExactly(LOSS, MATCHES);
    assertThat(columns(BinaryCrossEntropy.builder().build(), Set.of(RowStatistic.ARGMAX)))
        .containsExactly(BAD_TARGET_CLASS, LOSS, MATCHES);
    assertThat(
            columns(
                BinaryCrossEntropy.builder().input(InputKind.PROBABILITIES).build(),
                Set.of(RowStatistic.MAXIMUM)))
        .containsExactly(BAD_CLASS, BAD_TARGET_CLASS, LOSS);
    assertThat(columns(JensenShannon.builder().build(), Set.of())).containsExactly(LOSS);
  }

  private static Iterable<RowColumn> columns(Loss loss, Set<RowStatistic> statistics) {
    Matrix matrix = Matrix.of(new float[4], 2, 2);
    return RowColumns.of(
            new RowRequest<>(
                loss.plan(),
                matrix,
                Targets.values(matrix),
                statistics,
                MatrixOutput.NONE,
                null,
                1,
                null,
                () -> _ -> {}))
        .asList();
  }

  @Test
  void placesAndSizes() {
    RowColumns columns =
        RowColumns.of(request(LOGITS, PLAIN, CLASSES, Set.of(), TargetCheck.UNIT_INTERVAL));
    assertThat(columns.indexOf(TARGET_ORDERED)).isEqualTo(2);
    assertThat(columns.indexOf(RANK)).isEqualTo(-1);
    assertThat(columns.contains(SUM)).isTrue();
    assertThat(columns.contains(RANK)).isFalse();
    assertThat(columns.bytes(1L << 31, ElementType.FLOAT32)).isEqualTo(3L << 33);
    assertThat(columns.bytes(5, ElementType.FLOAT64)).isEqualTo(3 * 5 * 8);
  }

  private static Iterable<RowColumn> columns(
      InputTransform transform,
      RowObjective objective,
      Targets targets,
      Set<RowStatistic> statistics) {
    return RowColumns.of(
            request(transform, objective, targets, statistics, TargetCheck.UNIT_INTERVAL))
        .asList();
  }

  private static InputTransform probabilities(Normalization normalization, double tolerance) {
    return InputTransform.probabilities(normalization, 0, UNUSED, tolerance);
  }

  private static RowRequest<Matrix> request(
      InputTransform transform,
      RowObjective objective,
      @Nullable Targets targets,
      Set<RowStatistic> statistics,
      TargetCheck check) {
    return new RowRequest<>(
        new RowPlan(transform, objective, Reduction.SUM, null, check),
        Matrix.of(new float[4], 2, 2),
        targets,
        statistics,
        MatrixOutput.NONE,
        null,
        1,
        null,
        () -> _ -> {});
  }
}
