package dev.batchloss.conformance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.batchloss.BatchLoss;
import dev.batchloss.LossSummary;
import dev.batchloss.Outputs;
import dev.batchloss.data.ElementType;
import dev.batchloss.data.Matrix;
import dev.batchloss.data.ProbabilityTargets;
import dev.batchloss.data.Targets;
import dev.batchloss.loss.CrossEntropy;
import dev.batchloss.plan.MatrixOutput;
import dev.batchloss.plan.Reduction;
import java.util.SplittableRandom;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.ShrinkingMode;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.lifecycle.BeforeProperty;

/** What holds of every batch, tried on many; a subclass names the backend. */
abstract class RowProperties {
  private static final int TRIES = 60;

  private final BackendUnderTest backend;

  RowProperties(BackendUnderTest backend) {
    this.backend = backend;
  }

  /** Here and not in the properties, where an aborted try would only be a rejected one. */
  @BeforeProperty
  void skipWithoutBackend() {
    backend.open().close();
  }

  /** The logits are multiples of 1/64, so that adding the constant is exact. */
  @Property(tries = TRIES, shrinking = ShrinkingMode.OFF)
  void shiftingARowByAConstantChangesNeitherLossNorGradient(
      @ForAll long seed,
      @ForAll @IntRange(min = 1, max = 20) int rows,
      @ForAll @IntRange(min = 1, max = 90) int classes,
      @ForAll @IntRange(min = -500, max = 500) int constant) {
    Matrix input = Samples.logits(seed, ElementType.FLOAT32, rows, classes);
    new Samples(seed).fillLogits(input, 8);
    Matrix shifted = Samples.logits(seed, ElementType.FLOAT32, rows, classes);
    for (int r = 0; r < rows; r++) {
      for (int c = 0; c < classes; c++) {
        double logit = Math.rint(input.get(r, c) * 64) / 64;
        input.set(r, c, logit);
        shifted.set(r, c, logit + constant);
      }
    }
    CrossEntropy loss = CrossEntropy.builder().labelSmoothing(0.1).build();
    Targets targets = Targets.classes(new Samples(seed).classes(rows, classes));
    try (BatchLoss engine = backend.open()) {
      Bits before = Bits.of(engine, Trial.of(loss, input, targets).gradientInPlace());
      Bits after = Bits.of(engine, Trial.of(loss, shifted, targets).gradientInPlace());
      for (int r = 0; r < rows; r++) {
        double want = before.rowLoss(r);
        assertThat(after.rowLoss(r)).isCloseTo(want, within(4e-6 + 4e-6 * Math.abs(want)));
        assertThat(after.matrixRow(r)).containsExactly(before.matrixRow(r), within(4e-6 / rows));
      }
    }
  }

  @Property(tries = TRIES, shrinking = ShrinkingMode.OFF)
  void permutingTheRowsPermutesTheirResults(
      @ForAll long seed,
      @ForAll @IntRange(min = 1, max = 60) int rows,
      @ForAll @IntRange(min = 1, max = 90) int classes) {
    Matrix input = Samples.logits(seed, ElementType.FLOAT32, rows, classes);
    int[] targets = new Samples(seed).classes(rows, classes);
    int[] order = permutation(seed, rows);
    Matrix permuted = Samples.logits(seed, ElementType.FLOAT32, rows, classes);
    int[] permutedTargets = new int[rows];
    for (int r = 0; r < rows; r++) {
      permutedTargets[r] = targets[order[r]];
      for (int c = 0; c < classes; c++) {
        permuted.set(r, c, input.get(order[r], c));
      }
    }
    CrossEntropy loss = CrossEntropy.builder().labelSmoothing(0.1).build();
    try (BatchLoss engine = backend.open()) {
      Bits before =
          Bits.of(engine, Trial.of(loss, input, Targets.classes(targets)).gradientInPlace());
      Bits after =
          Bits.of(
              engine, Trial.of(loss, permuted, Targets.classes(permutedTargets)).gradientInPlace());
      for (int r = 0; r < rows; r++) {
        assertThat(after.rowLoss(r)).isEqualTo(before.rowLoss(order[r]));
        assertThat(after.matrixRow(r)).isEqualTo(before.matrixRow(order[r]));
      }
    }
  }

  @Property(tries = TRIES, shrinking = ShrinkingMode.OFF)
  void summariesOfAnySplitMergeToTheSameBits(
      @ForAll long seed,
      @ForAll @IntRange(min = 2, max = 60) int rows,
      @ForAll @IntRange(min = 1, max = 40) int classes) {
    Samples samples = new Samples(seed);
    Matrix input = Samples.logits(seed, ElementType.FLOAT32, rows, classes);
    Targets targets =
        Targets.classes(samples.classes(rows, classes))
            .withSampleWeights(samples.uniform(rows, 0, 1e6));
    CrossEntropy loss =
        CrossEntropy.builder().classWeights(samples.uniform(classes, 1e-6, 2)).build();
    Outputs outputs = Outputs.lossOnly().withMetrics(Trial.ALL_METRICS);
    SplittableRandom random = new SplittableRandom(seed);
    int cut = random.nextInt(rows + 1);
    int secondCut = random.nextInt(cut, rows + 1);
    try (BatchLoss engine = backend.open()) {
      LossSummary whole = engine.evaluate(loss, input, targets, outputs).summary();
      LossSummary[] parts = new LossSummary[3];
      int[] bounds = {0, cut, secondCut, rows};
      for (int i = 0; i < 3; i++) {
        Matrix slice = input.outerSlice(bounds[i], bounds[i + 1]);
        Targets some = targets.slice(bounds[i], bounds[i + 1]);
        parts[i] = engine.evaluate(loss, slice, some, outputs).summary();
      }
      SameBitsConformance.requireSame(parts[2].merge(parts[0]).merge(parts[1]), whole, "merged");
    }
  }

  @Property(tries = TRIES, shrinking = ShrinkingMode.OFF)
  void theGradientIsThatOfFiniteDifferences(
      @ForAll long seed,
      @ForAll @IntRange(min = 1, max = 12) int classes,
      @ForAll boolean soft,
      @ForAll boolean capped) {
    Samples samples = new Samples(seed);
    Matrix input = Samples.logits(seed, ElementType.FLOAT64, 1, classes);
    new Samples(seed).fillLogits(input, 3);
    Matrix distribution = Samples.logits(seed, ElementType.FLOAT64, 1, classes);
    samples.fillSparseTargets(distribution);
    Targets targets =
        soft ? Targets.probabilities(distribution) : Targets.classes(samples.classes(1, classes));
    double[] options = samples.uniform(3, 0, 1);
    CrossEntropy loss =
        CrossEntropy.builder()
            .classWeights(samples.uniform(classes, -0.5, 2))
            .labelSmoothing(options[0])
            .zLoss(options[1])
            .logitScale(0.5 + options[2])
            .softcap(capped ? 4 : Double.POSITIVE_INFINITY)
            .reduction(Reduction.SUM)
            .build();
    Matrix gradient = Samples.logits(seed, ElementType.FLOAT64, 1, classes);
    try (BatchLoss engine = backend.open()) {
      engine.evaluate(loss, input, targets, Outputs.gradientInto(gradient));
    }
    double step = 1e-5;
    for (int c = 0; c < classes; c++) {
      double x = input.get(0, c);
      input.set(0, c, x + step);
      double above = new Oracle(Trial.of(loss, input, targets)).lossSum();
      input.set(0, c, x - step);
      double below = new Oracle(Trial.of(loss, input, targets)).lossSum();
      input.set(0, c, x);
      assertThat(gradient.get(0, c))
          .as("class %d", c)
          .isCloseTo((above - below) / (2 * step), within(1e-7));
    }
  }

  @Property(tries = TRIES, shrinking = ShrinkingMode.OFF)
  void gradientRowsOfLogitsSumToZero(
      @ForAll long seed,
      @ForAll @IntRange(min = 1, max = 20) int rows,
      @ForAll @IntRange(min = 1, max = 200) int classes,
      @ForAll boolean soft) {
    Samples samples = new Samples(seed);
    Matrix input = Samples.logits(seed, ElementType.FLOAT64, rows, classes);
    Matrix distributions = Samples.logits(seed, ElementType.FLOAT64, rows, classes);
    samples.fillSparseTargets(distributions);
    Targets targets =
        soft
            ? new ProbabilityTargets(distributions, null)
            : Targets.classes(samples.classes(rows, classes));
    CrossEntropy loss =
        CrossEntropy.builder()
            .labelSmoothing(0.2)
            .classWeights(samples.uniform(classes, 0, 2))
            .reduction(Reduction.SUM)
            .build();
    Matrix gradient = Samples.logits(seed, ElementType.FLOAT64, rows, classes);
    try (BatchLoss engine = backend.open()) {
      Bits bits =
          Bits.of(engine, Trial.of(loss, input, targets).writing(MatrixOutput.GRADIENT, gradient));
      for (int r = 0; r < rows; r++) {
        double sum = 0;
        for (double element : bits.matrixRow(r)) {
          sum += element;
        }
        assertThat(sum).as("row %d", r).isCloseTo(0, within(1e-13 * classes));
      }
    }
  }

  private static int[] permutation(long seed, int rows) {
    SplittableRandom random = new SplittableRandom(seed);
    int[] order = new int[rows];
    for (int r = 0; r < rows; r++) {
      int other = random.nextInt(r + 1);
      order[r] = order[other];
      order[other] = r;
    }
    return order;
  }
}
