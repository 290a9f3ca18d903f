package dev.batchloss.device;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatNoException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.batchloss.data.ElementType;
import dev.batchloss.data.InvalidDataException;
import dev.batchloss.data.Matrix;
import dev.batchloss.data.Targets;
import dev.batchloss.loss.BinaryCrossEntropy;
import dev.batchloss.plan.ClassWeights;
import dev.batchloss.plan.InputKind;
import dev.batchloss.plan.InputTransform;
import dev.batchloss.plan.MatrixOutput;
import dev.batchloss.plan.Normalization;
import dev.batchloss.plan.Plan;
import dev.batchloss.plan.Reduction;
import dev.batchloss.plan.RowFold;
import dev.batchloss.plan.RowObjective;
import dev.batchloss.plan.RowPlan;
import dev.batchloss.plan.RowPlan.TargetCheck;
import dev.batchloss.plan.RowStatistic;
import dev.batchloss.plan.RowStatistics;
import dev.batchloss.spi.RowRequest;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Columns are written by hand, and what the fold gets is held against the definitions. */
class RowFoldingTest {
  private static final double UNUSED = Double.POSITIVE_INFINITY;
  private static final InputTransform LOGITS = InputTransform.logits(1, UNUSED);
  private static final InputTransform CHECKED =
      InputTransform.probabilities(Normalization.NONE, 0, UNUSED, 1e-3);
  private static final RowObjective PLAIN = RowObjective.crossEntropy(0, null, 0);

  /** More than two batches, and no multiple of one. */
  private static final int MANY = 2500;

  private final List<Folded> folded = new ArrayList<>();

  /** A row as the fold has seen it. */
  record Folded(
      long row,
      int target,
      boolean ignored,
      double loss,
      double nll,
      double shift,
      double sum,
      double lse,
      int argmax,
      int rank) {}

  @ParameterizedTest
  @EnumSource(
      value = ElementType.class,
      names = {"FLOAT32", "FLOAT64"})
  void foldsEveryRowInItsPlace(ElementType arithmetic) {
    int[] classes = new int[MANY + 7];
    double[] weights = new double[MANY + 7];
    for (int r = 0; r < classes.length; r++) {
      classes[r] = r % 3 == 2 ? -100 : r % 3;
      weights[r] = r % 5;
    }
    RowPlan plan = plan(LOGITS, PLAIN, -100L);
    RowRequest<Matrix> request =
        request(
            plan,
            Matrix.of(new float[3 * classes.length], classes.length, 3),
            Targets.classes(classes).withSampleWeights(weights),
            Set.of(RowStatistic.ARGMAX, RowStatistic.RANK));
    Columns columns = new Columns(request, arithmetic, MANY);
    for (int r = 0; r < MANY; r++) {
      columns.set(RowColumn.SHIFT, r, r * 0.5);
      columns.set(RowColumn.SUM, r, 1 + r % 4);
      columns.set(RowColumn.TARGET_ORDERED, r, -r);
      columns.set(RowColumn.MAXIMUM, r, 0);
      columns.set(RowColumn.ARGMAX, r, r % 2);
      columns.set(RowColumn.RANK, r, 1 + r % 3);
    }
    new RowFolding(request).fold(columns.memory, arithmetic, 7, MANY);
    assertThat(folded).hasSize(MANY);
    for (int i = 0; i < MANY; i++) {
      Folded row = folded.get(i);
      int r = i + 7;
      boolean ignored = r % 3 == 2;
      assertThat(row.row()).isEqualTo(r);
      assertThat(row.ignored()).isEqualTo(ignored);
      assertThat(row.shift()).isEqualTo(i * 0.5);
      assertThat(row.lse()).isEqualTo(i * 0.5 + Math.log(1 + i % 4));
      assertThat(row.nll()).isEqualTo(ignored ? 0 : Math.log(1 + i % 4) + 1.5 * i);
      assertThat(row.loss()).isEqualTo(row.nll() * (ignored ? 0 : r % 5));
      assertThat(row.target()).isEqualTo(ignored ? 0 : r % 3);
      assertThat(row.argmax()).isEqualTo(i % 2);
      assertThat(row.rank()).isEqualTo(1 + i % 3);
    }
  }

  /** Each column in turn is the only one that is not 0, and must be in the loss or a metric. */
  @Test
  void everyMomentReachesItsColumn() {
    RowObjective objective = new RowObjective(1, 0.1, ClassWeights.of(1, 2, 4), 0, 0.5, 0.25, 2);
    Matrix distributions = Matrix.of(new float[6], 2, 3);
    RowRequest<Matrix> request =
        request(
            plan(LOGITS, objective, null),
            Matrix.of(new float[6], 2, 3),
            Targets.probabilities(distributions),
            Set.of(RowStatistic.values()));
    Columns columns = new Columns(request, ElementType.FLOAT64, 2);
    Map<RowColumn, Double> values = new EnumMap<>(RowColumn.class);
    List<RowColumn> all = RowColumns.of(request).asList();
    for (int k = 0; k < all.size(); k++) {
      RowColumn column = all.get(k);
      double value = column.isInteger() ? k % 3 : 1 + k;
      values.put(column, value);
      columns.set(column, 0, column.name().startsWith("BAD") ? -1 : value);
      columns.set(column, 1, -1);
    }
    RowFold fold =
        batch -> {
          assertThat(batch.shift[0]).isEqualTo(values.get(RowColumn.SHIFT));
          assertThat(batch.sum[0]).isEqualTo(values.get(RowColumn.SUM));
          assertThat(batch.sum[1]).isNaN();
          assertThat(batch.classMoment[0]).isEqualTo(values.get(RowColumn.CLASS_MOMENT));
          assertThat(batch.targetMoment[0]).isEqualTo(values.get(RowColumn.TARGET_MOMENT));
          assertThat(batch.targetMass[0]).isEqualTo(values.get(RowColumn.TARGET_MASS));
          assertThat(batch.plainTargetMoment[0])
              .isEqualTo(values.get(RowColumn.PLAIN_TARGET_MOMENT));
          assertThat(batch.plainTargetMass[0]).isEqualTo(values.get(RowColumn.PLAIN_TARGET_MASS));
          assertThat(batch.targetNegentropy[0]).isEqualTo(values.get(RowColumn.TARGET_NEGENTROPY));
          assertThat(batch.entropyMoment[0]).isEqualTo(values.get(RowColumn.ENTROPY_MOMENT));
          assertThat(batch.squareSum[0]).isEqualTo(values.get(RowColumn.SQUARE_SUM));
          assertThat(batch.targetProduct[0]).isEqualTo(values.get(RowColumn.TARGET_PRODUCT));
          assertThat(batch.targetSquareSum[0]).isEqualTo(values.get(RowColumn.TARGET_SQUARE_SUM));
          assertThat(batch.maximum[0]).isEqualTo(values.get(RowColumn.MAXIMUM));
          assertThat(batch.argmax[0]).isEqualTo(values.get(RowColumn.ARGMAX).intValue());
          assertThat(batch.target[0]).isEqualTo(values.get(RowColumn.TARGET_ARGMAX).intValue());
          assertThat(batch.rank[0]).isEqualTo(values.get(RowColumn.RANK).intValue());
          double logSum = Math.log(values.get(RowColumn.SUM));
          assertThat(batch.nll[0])
              .isEqualTo(
                  values.get(RowColumn.PLAIN_TARGET_MASS) * logSum
                      - values.get(RowColumn.PLAIN_TARGET_MOMENT));
          folded.add(folded(batch, 0));
        };
    new RowFolding(withFold(request, fold)).fold(columns.memory, ElementType.FLOAT64, 0, 2);
    assertThat(folded).hasSize(1);
  }

  /** The device orders by x; what is added to log Σ e^(z−shift) is in the units of z. */
  @Test
  void theShiftIsScaledInDouble() {
    float shift = 3e38f;
    Folded scaled = foldOne(InputTransform.logits(1e10, UNUSED), shift, 2);
    assertThat(scaled.lse()).isEqualTo(shift * 1e10 + Math.log(2));
    assertThat(foldOne(InputTransform.logits(3, 5), 4, 2).lse()).isEqualTo(4 + Math.log(2));
    InputTransform afterClip =
        InputTransform.probabilities(Normalization.AFTER_CLIP, 0, UNUSED, UNUSED);
    assertThat(foldOne(afterClip, -0.5, 2).lse()).isEqualTo(-0.5 + Math.log(2));
  }

  @Test
  void theTargetIsShiftedBeforeItIsScaled() {
    assertThat(foldOne(InputTransform.logits(3, UNUSED), 4, 2).nll())
        .isEqualTo(Math.log(2) + (4 + 1.5) * 3);
    assertThat(foldOne(InputTransform.logits(3, 5), 4, 2).nll()).isEqualTo(Math.log(2) + 4 + 1.5);
  }

  @Test
  void aRowWithoutSoftmaxIsNaN() {
    for (double sum : new double[] {0, Double.NaN, Double.POSITIVE_INFINITY}) {
      Folded row = foldOne(LOGITS, 0, sum);
      assertThat(row.sum()).isNaN();
      assertThat(row.loss()).isNaN();
    }
  }

  @Test
  void whatIsAProbabilityAlreadyIsNotNormalized() {
    for (InputTransform transform :
        List.of(
            InputTransform.logProbabilities(),
            InputTransform.probabilities(Normalization.BEFORE_CLIP, 0, UNUSED, UNUSED))) {
      Folded row = foldOne(transform, 0, 0);
      assertThat(row.sum()).isZero();
      assertThat(row.lse()).isZero();
      assertThat(row.loss()).isEqualTo(1.5);
    }
  }

  private Folded foldOne(InputTransform transform, double shift, double sum) {
    RowRequest<Matrix> request =
        request(
            plan(transform, PLAIN, null),
            Matrix.of(new float[2], 1, 2),
            Targets.classes(1),
            Set.of(RowStatistic.ARGMAX));
    Columns columns = new Columns(request, ElementType.FLOAT32, 1);
    columns.set(RowColumn.SUM, 0, sum);
    if (columns.has(RowColumn.SHIFT)) {
      columns.set(RowColumn.SHIFT, 0, shift);
    }
    columns.set(RowColumn.TARGET_ORDERED, 0, -1.5);
    folded.clear();
    new RowFolding(request).fold(columns.memory, ElementType.FLOAT32, 0, 1);
    return folded.getFirst();
  }

  @Test
  void badProbabilitiesAreNamedFromTheInputItself() {
    Matrix input = Matrix.of(new double[] {0.5, 0.5, 0.25, 1.25, -1, 0.5}, 3, 2);
    Columns columns = checkedColumns(input, ElementType.FLOAT32);
    columns.set(RowColumn.BAD_CLASS, 1, 1);
    columns.set(RowColumn.BAD_CLASS, 2, 0);
    assertThatThrownBy(() -> foldChecked(input, columns))
        .isInstanceOf(InvalidDataException.class)
        .hasMessage("probability of row 1, class 1 is 1.25, must be in 0..1");
  }

  @Test
  void theSumOfASuspectRowIsTakenAgainInDouble() {
    Matrix input = Matrix.of(new double[] {0.5, 0.5, 0.3, 0.7009, 0.25, 0.7511}, 3, 2);
    Columns columns = checkedColumns(input, ElementType.FLOAT32);
    columns.set(RowColumn.INPUT_SUM, 0, 1.0007);
    columns.set(RowColumn.INPUT_SUM, 1, 1.0012);
    columns.set(RowColumn.INPUT_SUM, 2, 1.0009);
    assertThatThrownBy(() -> foldChecked(input, columns))
        .isInstanceOf(InvalidDataException.class)
        .hasMessage("probabilities of row 2 sum to 1.0011, must be 1 within 0.001");
    columns.set(RowColumn.INPUT_SUM, 2, 1);
    columns.set(RowColumn.INPUT_SUM, 0, Double.NaN);
    assertThatNoException().isThrownBy(() -> foldChecked(input, columns));
  }

  @Test
  void aWrongSuspicionIsNoError() {
    Matrix input = Matrix.of(new double[] {0.5, 0.5, 1, 0}, 2, 2);
    Columns columns = checkedColumns(input, ElementType.FLOAT32);
    columns.set(RowColumn.BAD_CLASS, 1, 0);
    assertThatNoException().isThrownBy(() -> foldChecked(input, columns));
    assertThat(folded).hasSize(2);
  }

  @Test
  void ignoredRowsMayHoldAnything() {
    Matrix input = Matrix.of(new double[] {7, 7, 1, 0}, 2, 2);
    RowRequest<Matrix> request =
        request(plan(CHECKED, PLAIN, 5L), input, Targets.classes(5, 0), Set.of());
    Columns columns = checkedColumns(input, ElementType.FLOAT32);
    columns.set(RowColumn.BAD_CLASS, 0, 0);
    new RowFolding(request).fold(columns.memory, ElementType.FLOAT32, 0, 2);
    assertThat(folded.getFirst().loss()).isZero();
  }

  @Test
  void badTargetsAreNamedAndComeFirst() {
    Matrix input = Matrix.of(new double[] {7, 7, 9, 0}, 2, 2);
    Matrix distributions = Matrix.of(new double[] {0, 1, 0.5, -0.5}, 2, 2);
    RowRequest<Matrix> request =
        request(plan(CHECKED, PLAIN, null), input, Targets.probabilities(distributions), Set.of());
    Columns columns = new Columns(request, ElementType.FLOAT64, 1);
    columns.set(RowColumn.BAD_TARGET_CLASS, 0, 0);
    columns.set(RowColumn.BAD_CLASS, 0, 0);
    assertThatThrownBy(
            () -> new RowFolding(request).fold(columns.memory, ElementType.FLOAT64, 1, 1))
        .isInstanceOf(InvalidDataException.class)
        .hasMessage("target probability of row 1, class 1 is -0.5, must be in 0..1");
  }

  @ParameterizedTest
  @EnumSource(
      value = ElementType.class,
      names = {"FLOAT32", "FLOAT64"})
  void whatWasAddedUpBecomesTheLossOfTheRow(ElementType arithmetic) {
    RowRequest<Matrix> request =
        request(
            BinaryCrossEntropy.builder().build().plan(),
            Matrix.of(new float[8], 2, 4),
            Targets.values(Matrix.of(new float[8], 2, 4)).withSampleWeights(2, 0.5),
            Set.of(RowStatistic.ARGMAX));
    Columns columns = new Columns(request, arithmetic, 2);
    for (int r = 0; r < 2; r++) {
      columns.set(RowColumn.BAD_TARGET_CLASS, r, -1);
      columns.set(RowColumn.LOSS, r, 12 + r);
      columns.set(RowColumn.MATCHES, r, 3 - r);
    }
    List<Integer> matches = new ArrayList<>();
    List<Double> losses = new ArrayList<>();
    RowFold fold =
        batch -> {
          for (int i = 0; i < batch.size; i++) {
            losses.add(batch.loss[i]);
            matches.add(batch.matches[i]);
          }
        };
    new RowFolding(withFold(request, fold)).fold(columns.memory, arithmetic, 0, 2);
    assertThat(losses).containsExactly(2 * 12 / 4.0, 0.5 * 13 / 4);
    assertThat(matches).containsExactly(3, 2);
  }

  @Test
  void badElementsOfAComparisonAreNamedInTheirOrder() {
    Matrix input = Matrix.of(new double[] {0.5, 0.5, 0.5, 0.5, 2, 3}, 2, 3);
    Matrix values = Matrix.of(new double[] {0, 1, 1, 0, -1, 0}, 2, 3);
    RowRequest<Matrix> request =
        request(
            BinaryCrossEntropy.builder().input(InputKind.PROBABILITIES).build().plan(),
            input,
            Targets.values(values),
            Set.of());
    Columns columns = new Columns(request, ElementType.FLOAT32, 2);
    columns.set(RowColumn.BAD_CLASS, 0, 0);
    columns.set(RowColumn.BAD_TARGET_CLASS, 0, -1);
    columns.set(RowColumn.BAD_CLASS, 1, 2);
    columns.set(RowColumn.BAD_TARGET_CLASS, 1, 1);
    RowFolding folding = new RowFolding(request);
    assertThatThrownBy(() -> folding.fold(columns.memory, ElementType.FLOAT32, 0, 2))
        .isInstanceOf(InvalidDataException.class)
        .hasMessage("probability of row 1, class 1 is 2.0, must be in 0..1");
    columns.set(RowColumn.BAD_CLASS, 1, -1);
    input.set(1, 1, 0.5);
    assertThatThrownBy(() -> folding.fold(columns.memory, ElementType.FLOAT32, 0, 2))
        .hasMessage("target of row 1, class 1 is -1.0, must be in 0..1");
    values.set(1, 1, 0);
    input.set(1, 2, 1);
    assertThatNoException()
        .as("a wrong suspicion is no error")
        .isThrownBy(() -> folding.fold(columns.memory, ElementType.FLOAT32, 0, 2));
  }

  @Test
  void elementsOfAnInputElsewhereAreAskedFor() {
    Matrix input = Matrix.of(new double[] {0.5, 0.5}, 1, 2);
    Columns columns = checkedColumns(input, ElementType.FLOAT32);
    columns.set(RowColumn.BAD_CLASS, 0, 1);
    RowRequest<Matrix> request = checkedRequest(input);
    RowFolding folding = new RowFolding(request, (row, c) -> 40 + 10 * row + c);
    assertThatThrownBy(() -> folding.fold(columns.memory, ElementType.FLOAT32, 0, 1))
        .hasMessage("probability of row 0, class 0 is 40.0, must be in 0..1");
  }

  @Test
  void refusesColumnsThatAreTooShort() {
    Matrix input = Matrix.of(new double[] {0.5, 0.5}, 1, 2);
    Columns columns = checkedColumns(input, ElementType.FLOAT32);
    RowFolding folding = new RowFolding(checkedRequest(input));
    assertThatThrownBy(() -> folding.fold(columns.memory, ElementType.FLOAT64, 0, 1))
        .isInstanceOf(IndexOutOfBoundsException.class);
    assertThat(folded).isEmpty();
  }

  private RowRequest<Matrix> checkedRequest(Matrix input) {
    int[] classes = new int[(int) input.rows()];
    return request(plan(CHECKED, PLAIN, null), input, Targets.classes(classes), Set.of());
  }

  private void foldChecked(Matrix input, Columns columns) {
    new RowFolding(checkedRequest(input))
        .fold(columns.memory, ElementType.FLOAT32, 0, (int) input.rows());
  }

  /** Columns of rows in which nothing is bad. */
  private Columns checkedColumns(Matrix input, ElementType arithmetic) {
    int rows = (int) input.rows();
    Columns columns = new Columns(checkedRequest(input), arithmetic, rows);
    for (int r = 0; r < rows; r++) {
      columns.set(RowColumn.INPUT_SUM, r, 1);
      columns.set(RowColumn.BAD_CLASS, r, -1);
    }
    return columns;
  }

  private static RowPlan plan(
      InputTransform transform, RowObjective objective, @Nullable Long ignored) {
    return new RowPlan(transform, objective, Reduction.SUM, ignored, TargetCheck.UNIT_INTERVAL);
  }

  private RowRequest<Matrix> request(
      Plan plan, Matrix input, Targets targets, Set<RowStatistic> statistics) {
    RowFold fold =
        batch -> {
          for (int i = 0; i < batch.size; i++) {
            folded.add(folded(batch, i));
          }
        };
    return withFold(
        new RowRequest<>(
            plan, input, targets, statistics, MatrixOutput.NONE, null, 1, null, () -> fold),
        fold);
  }

  private static RowRequest<Matrix> withFold(RowRequest<Matrix> request, RowFold fold) {
    return new RowRequest<>(
        request.plan(),
        request.input(),
        request.targets(),
        request.statistics(),
        request.outputKind(),
        request.output(),
        request.upstream(),
        request.rowUpstream(),
        () -> fold);
  }

  private static Folded folded(RowStatistics batch, int i) {
    return new Folded(
        batch.firstRow + i,
        batch.target[i],
        batch.ignored[i],
        batch.loss[i],
        batch.nll[i],
        batch.shift[i],
        batch.sum[i],
        batch.logSumExp(i),
        batch.argmax[i],
        batch.rank[i]);
  }

  /** What a device would return. */
  private static final class Columns {
    private final RowColumns columns;
    private final ElementType arithmetic;
    private final int rows;
    final MemorySegment memory;

    Columns(RowRequest<Matrix> request, ElementType arithmetic, int rows) {
      this.columns = RowColumns.of(request);
      this.arithmetic = arithmetic;
      this.rows = rows;
      this.memory = Arena.ofAuto().allocate(columns.bytes(rows, arithmetic));
    }

    boolean has(RowColumn column) {
      return columns.contains(column);
    }

    void set(RowColumn column, int row, double value) {
      long at = (long) columns.indexOf(column) * rows + row;
      if (!column.isInteger()) {
        arithmetic.set(memory, at, value);
      } else if (arithmetic == ElementType.FLOAT32) {
        memory.setAtIndex(ValueLayout.JAVA_INT, at, (int) value);
      } else {
        memory.setAtIndex(ValueLayout.JAVA_LONG, at, (long) value);
      }
    }
  }
}
