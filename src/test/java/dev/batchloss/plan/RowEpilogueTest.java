package dev.batchloss.plan;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import dev.batchloss.data.Matrix;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * φ against {@link ManualRow}'s definition, and its gradient against the definition's central
 * differences; also the terms that no public loss reaches yet.
 */
class RowEpilogueTest {
  private static final int CLASSES = 6;
  private static final double STEP = 1e-5;
  private static final double[] WEIGHTS = {0.5, 2, 1, 0, 3, -0.25};

  static List<RowObjective> objectives() {
    ClassWeights weights = ClassWeights.of(WEIGHTS);
    return List.of(
        RowObjective.crossEntropy(0, null, 0),
        RowObjective.crossEntropy(0, weights, 0),
        RowObjective.crossEntropy(0.1, null, 0),
        RowObjective.crossEntropy(0.3, weights, 0),
        RowObjective.crossEntropy(1, weights, 0),
        RowObjective.crossEntropy(0, null, 0.01),
        RowObjective.crossEntropy(0.2, weights, -0.5),
        new RowObjective(1, 0, null, 2, 0, 0, 0),
        new RowObjective(1, 0, weights, 0.5, 0, 0, 0),
        new RowObjective(2, 0.1, weights, 1, 0, 0, 0),
        new RowObjective(1, 0, null, 0, 0, 0.7, 0),
        new RowObjective(0, 0, null, 0, 0, -1, 0),
        new RowObjective(1, 0, null, 0, 0, 0, 1),
        new RowObjective(1, 0, weights, 0, 0, 0, 0.5),
        RowObjective.generalized(0.5, null),
        new RowObjective(2, 0.1, weights, 0, 0, 0.3, 0, 0.8),
        new RowObjective(-1.5, 0.25, weights, 0, 0.3, -0.4, 2));
  }

  static List<Case> cases() {
    return objectives().stream()
        .flatMap(
            objective ->
                List.of(TargetKind.CLASSES, TargetKind.PROBABILITIES).stream()
                    .filter(
                        kind ->
                            kind == TargetKind.CLASSES
                                ? objective.targetEntropy() == 0
                                : objective.hasPlainTargetTerm())
                    .flatMap(
                        kind ->
                            EnumSet.of(InputKind.LOGITS, InputKind.LOG_PROBABILITIES).stream()
                                .filter(
                                    input -> input == InputKind.LOGITS || objective.zLoss() == 0)
                                .map(input -> new Case(objective, kind, input))))
        .toList();
  }

  record Case(RowObjective objective, TargetKind targets, InputKind input) {
    RowPlan plan() {
      return new RowPlan(
          input == InputKind.LOGITS
              ? InputTransform.logits(1, Double.POSITIVE_INFINITY)
              : InputTransform.logProbabilities(),
          objective,
          Reduction.SUM,
          null,
          RowPlan.TargetCheck.NONE);
    }

    RowEpilogue epilogue(double scale, @Nullable Matrix rowUpstream) {
      RowPlan plan = plan();
      RowNeeds needs =
          RowNeeds.of(plan, targets, EnumSet.allOf(RowStatistic.class), MatrixOutput.GRADIENT);
      return new RowEpilogue(plan, targets, needs, CLASSES, scale, rowUpstream);
    }

    ManualRow row(Random random) {
      boolean normalized = input == InputKind.LOGITS;
      double[] z =
          normalized
              ? random.doubles(CLASSES, -4, 4).toArray()
              : Arrays.stream(RowStatisticsTest.distribution(random, CLASSES))
                  .map(Math::log)
                  .toArray();
      double shift = normalized ? Arrays.stream(z).max().orElseThrow() - 0.3 : 0;
      return new ManualRow(
          z,
          RowStatisticsTest.distribution(random, CLASSES),
          random.nextInt(CLASSES),
          shift,
          normalized);
    }
  }

  @ParameterizedTest
  @MethodSource("cases")
  void lossIsTheDefinitions(Case example) {
    Random random = new Random(8);
    for (int i = 0; i < 20; i++) {
      ManualRow row = example.row(random);
      RowStatistics rows = new RowStatistics(1);
      rows.size = 1;
      row.fill(rows, 0, example.objective());
      rows.weight[0] = 1.5;
      example.epilogue(1, null).losses(rows);
      double expected = 1.5 * row.loss(example.objective(), example.targets());
      assertThat(rows.loss[0]).isCloseTo(expected, within(1e-12));
      assertThat(rows.nll[0]).isCloseTo(row.nll(example.targets()), within(1e-12));
    }
  }

  @ParameterizedTest
  @MethodSource("cases")
  void gradientIsTheDefinitionsDerivative(Case example) {
    Random random = new Random(9);
    for (int i = 0; i < 20; i++) {
      ManualRow row = example.row(random);
      RowStatistics rows = new RowStatistics(1);
      rows.size = 1;
      rows.firstRow = 2;
      row.fill(rows, 0, example.objective());
      rows.weight[0] = 1.5;
      Matrix upstream = Matrix.of(new double[] {9, 9, -2}, 3, 1);
      RowEpilogue epilogue = example.epilogue(0.25, upstream);
      epilogue.losses(rows);
      epilogue.gradients(rows);
      for (int c = 0; c < CLASSES; c++) {
        double expected = 1.5 * 0.25 * -2 * derivative(row, c, example);
        assertThat(gradient(rows, row, c, example)).isCloseTo(expected, within(1e-8));
      }
    }
  }

  private static double derivative(ManualRow row, int c, Case example) {
    return (moved(row, c, STEP).loss(example.objective(), example.targets())
            - moved(row, c, -STEP).loss(example.objective(), example.targets()))
        / (2 * STEP);
  }

  private static ManualRow moved(ManualRow row, int c, double step) {
    double[] z = row.z().clone();
    z[c] += step;
    return new ManualRow(z, row.q(), row.target(), row.shift(), row.normalized());
  }

  /** The formula at {@link RowEpilogue}, which is what backends write. */
  private static double gradient(RowStatistics rows, ManualRow row, int c, Case example) {
    double weight = example.objective().classWeight(c);
    double p = row.probabilities()[c];
    return p * (rows.u[0] + rows.e[0] * (row.z()[c] - row.shift()))
        - (c == row.target() ? rows.r[0] : 0)
        - rows.k[0] * weight
        - rows.h[0] * weight * row.q()[c];
  }

  @Test
  void anIgnoredRowIsZeroWhateverItHolds() {
    Case example =
        new Case(new RowObjective(1, 0.1, null, 1, 1, 1, 0), TargetKind.CLASSES, InputKind.LOGITS);
    RowStatistics rows = new RowStatistics(2);
    rows.size = 2;
    example.row(new Random(1)).fill(rows, 0);
    for (double[] column :
        new double[][] {
          rows.weight,
          rows.shift,
          rows.sum,
          rows.logNormalizer,
          rows.targetShifted,
          rows.classMoment,
          rows.entropyMoment,
          rows.loss,
          rows.nll,
          rows.u,
          rows.e,
          rows.r,
          rows.k,
          rows.h
        }) {
      column[1] = Double.NaN;
    }
    rows.ignored[1] = true;
    RowEpilogue epilogue = example.epilogue(Double.POSITIVE_INFINITY, null);
    epilogue.losses(rows);
    epilogue.gradients(rows);
    for (double[] column :
        new double[][] {rows.loss, rows.nll, rows.u, rows.e, rows.r, rows.k, rows.h}) {
      assertThat(column[1]).isZero();
    }
    assertThat(rows.loss[0]).isPositive();
  }

  @Test
  void onlyTheRowsOfTheBatchAreTouched() {
    Case example =
        new Case(RowObjective.crossEntropy(0, null, 0), TargetKind.CLASSES, InputKind.LOGITS);
    RowStatistics rows = new RowStatistics(2);
    rows.size = 1;
    example.row(new Random(1)).fill(rows, 0);
    rows.loss[1] = 7;
    rows.r[1] = 7;
    example.epilogue(1, null).losses(rows);
    example.epilogue(1, null).gradients(rows);
    assertThat(rows.loss[1]).isEqualTo(7);
    assertThat(rows.r[1]).isEqualTo(7);
  }

  @Test
  void aTermWhoseCoefficientIsZeroIsZeroAlsoAtInfinity() {
    ManualRow row =
        new ManualRow(new double[] {0, Double.NEGATIVE_INFINITY}, new double[] {1, 0}, 0, 0, true);
    RowStatistics rows = new RowStatistics(1);
    rows.size = 1;
    row.fill(rows, 0);
    RowPlan plan =
        new RowPlan(
            InputTransform.logits(1, Double.POSITIVE_INFINITY),
            RowObjective.crossEntropy(0, null, 0),
            Reduction.SUM,
            null,
            RowPlan.TargetCheck.NONE);
    RowNeeds needs =
        RowNeeds.of(
            plan, TargetKind.CLASSES, EnumSet.noneOf(RowStatistic.class), MatrixOutput.NONE);
    new RowEpilogue(plan, TargetKind.CLASSES, needs, 2, 1, null).losses(rows);
    assertThat(rows.loss[0]).isZero();
  }

  @Test
  void focalTermsStayFiniteWhereTheTargetIsImpossibleOrCertain() {
    for (double focusing : new double[] {0.5, 1, 2.5}) {
      Case example =
          new Case(
              new RowObjective(1, 0, null, focusing, 0, 0, 0),
              TargetKind.CLASSES,
              InputKind.LOGITS);
      RowStatistics rows = new RowStatistics(3);
      rows.size = 3;
      Arrays.fill(rows.weight, 1);
      rows.targetShifted[0] = Double.NEGATIVE_INFINITY;
      rows.targetShifted[1] = 0;
      rows.targetShifted[2] = 1e-16;
      RowEpilogue epilogue = example.epilogue(1, null);
      epilogue.losses(rows);
      epilogue.gradients(rows);
      assertThat(rows.loss[0]).isEqualTo(Double.POSITIVE_INFINITY);
      assertThat(rows.r[0]).isEqualTo(1);
      assertThat(rows.loss[1]).isZero();
      assertThat(rows.r[1]).isZero();
      assertThat(rows.loss[2]).isZero();
      assertThat(rows.r[2]).isZero();
    }
  }

  @Test
  void generalisedTermsStayFiniteWhereTheTargetIsImpossible() {
    Case example =
        new Case(RowObjective.generalized(0.25, null), TargetKind.CLASSES, InputKind.LOGITS);
    RowStatistics rows = new RowStatistics(2);
    rows.size = 2;
    Arrays.fill(rows.weight, 1);
    rows.targetShifted[0] = Double.NEGATIVE_INFINITY;
    RowEpilogue epilogue = example.epilogue(1, null);
    epilogue.losses(rows);
    epilogue.gradients(rows);
    assertThat(rows.loss).containsExactly(4, 0);
    assertThat(rows.r).containsExactly(0, 1);
  }

  @Test
  void aTermIsFocusedOrGeneralised() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new RowObjective(1, 0, null, 2, 0, 0, 0, 0.5))
        .withMessage("focusing is 2.0 and generalization is 0.5: one of them must be 0");
  }

  @Test
  void classWeightZeroMultipliesAnInfinityToNaN() {
    Case example =
        new Case(
            RowObjective.crossEntropy(0, ClassWeights.of(0, 1, 1, 1, 1, 1), 0),
            TargetKind.CLASSES,
            InputKind.LOGITS);
    RowStatistics rows = new RowStatistics(1);
    rows.size = 1;
    rows.weight[0] = 1;
    rows.targetShifted[0] = Double.NEGATIVE_INFINITY;
    example.epilogue(1, null).losses(rows);
    assertThat(rows.loss[0]).isNaN();
    assertThat(rows.nll[0]).isEqualTo(Double.POSITIVE_INFINITY);
  }
}
