package dev.batchloss.conformance;

import dev.batchloss.data.ElementType;
import dev.batchloss.data.Matrix;
import dev.batchloss.data.Targets;
import dev.batchloss.loss.BinaryCrossEntropy;
import dev.batchloss.loss.BinaryFocal;
import dev.batchloss.loss.BinaryLabels;
import dev.batchloss.loss.ElementLoss;
import dev.batchloss.loss.Hinge;
import dev.batchloss.loss.Huber;
import dev.batchloss.loss.KlDivergence;
import dev.batchloss.loss.LogCosh;
import dev.batchloss.loss.MeanAbsoluteError;
import dev.batchloss.loss.MeanAbsolutePercentageError;
import dev.batchloss.loss.MeanSquaredError;
import dev.batchloss.loss.MeanSquaredLogarithmicError;
import dev.batchloss.loss.Poisson;
import dev.batchloss.loss.PoissonInput;
import dev.batchloss.loss.SquaredHinge;
import dev.batchloss.plan.ClassReduction;
import dev.batchloss.plan.InputKind;
import dev.batchloss.plan.Reduction;
import java.util.List;

/**
 * A loss of elements and the numbers it is tried on, which stay clear of its kinks, where a
 * difference is no derivative.
 */
record ElementSamples(ElementLoss loss, Range inputs, Range targets) {
  /** What numbers are drawn from. */
  enum Range {
    LOGITS,
    LABELS,
    SIGNS,
    PROBABILITIES,
    LOG_PROBABILITIES,
    RATES,
    COUNTS,
    VALUES,
    VALUES_ABOVE
  }

  static ElementSamples logits() {
    return new ElementSamples(
        BinaryCrossEntropy.builder().labelSmoothing(0.1).build(), Range.LOGITS, Range.LABELS);
  }

  static List<ElementSamples> all() {
    double[] five = {1, 2, 0.5, 3, 0};
    return List.of(
        logits(),
        of(BinaryCrossEntropy.builder().positiveWeights(five), Range.LOGITS, Range.PROBABILITIES),
        of(
            BinaryCrossEntropy.builder()
                .input(InputKind.PROBABILITIES)
                .positiveWeights(five)
                .reduction(Reduction.SUM),
            Range.PROBABILITIES,
            Range.PROBABILITIES),
        of(
            BinaryCrossEntropy.builder().input(InputKind.PROBABILITIES).clip(0.2003, 0.7003),
            Range.PROBABILITIES,
            Range.LABELS),
        of(
            BinaryCrossEntropy.builder().input(InputKind.PROBABILITIES).floors(-100, 1e-12),
            Range.PROBABILITIES,
            Range.LABELS),
        focal(BinaryFocal.builder().alpha(0.25), Range.LOGITS, Range.LABELS),
        focal(BinaryFocal.builder().gamma(0.5).clip(0.1003, 0.9003), Range.LOGITS, Range.LABELS),
        focal(
            BinaryFocal.builder().input(InputKind.PROBABILITIES).alpha(0.3).gamma(1.5),
            Range.PROBABILITIES,
            Range.PROBABILITIES),
        focal(
            BinaryFocal.builder().input(InputKind.PROBABILITIES).gamma(0).clip(0.2003, 0.8003),
            Range.PROBABILITIES,
            Range.LABELS),
        new ElementSamples(
            KlDivergence.builder().reduction(Reduction.BATCH_MEAN).build(),
            Range.LOG_PROBABILITIES,
            Range.PROBABILITIES),
        new ElementSamples(
            KlDivergence.builder()
                .targets(InputKind.LOG_PROBABILITIES)
                .classReduction(ClassReduction.MEAN)
                .build(),
            Range.LOG_PROBABILITIES,
            Range.LOG_PROBABILITIES),
        new ElementSamples(
            KlDivergence.builder().input(InputKind.PROBABILITIES).clip(0.1003, 1).build(),
            Range.PROBABILITIES,
            Range.PROBABILITIES),
        new ElementSamples(MeanSquaredError.builder().build(), Range.VALUES, Range.VALUES),
        new ElementSamples(
            MeanAbsoluteError.builder().reduction(Reduction.NONE).build(),
            Range.VALUES,
            Range.VALUES_ABOVE),
        new ElementSamples(
            MeanAbsolutePercentageError.builder().build(), Range.VALUES, Range.VALUES_ABOVE),
        new ElementSamples(
            MeanSquaredLogarithmicError.builder().build(), Range.RATES, Range.COUNTS),
        new ElementSamples(Huber.builder().delta(1.7).build(), Range.VALUES, Range.VALUES),
        new ElementSamples(
            Huber.builder().delta(0.1).factor(10).build(), Range.VALUES, Range.VALUES_ABOVE),
        new ElementSamples(LogCosh.builder().build(), Range.VALUES, Range.VALUES),
        new ElementSamples(Poisson.builder().build(), Range.RATES, Range.COUNTS),
        new ElementSamples(
            Poisson.builder()
                .input(PoissonInput.LOG_RATE)
                .targetTerm(Poisson.TargetTerm.STIRLING)
                .build(),
            Range.VALUES,
            Range.COUNTS),
        new ElementSamples(Hinge.builder().build(), Range.LOGITS, Range.SIGNS),
        new ElementSamples(
            SquaredHinge.builder().labels(BinaryLabels.ZERO_AND_ONE).build(),
            Range.LOGITS,
            Range.LABELS));
  }

  private static ElementSamples of(BinaryCrossEntropy.Builder loss, Range inputs, Range targets) {
    return new ElementSamples(loss.build(), inputs, targets);
  }

  private static ElementSamples focal(BinaryFocal.Builder loss, Range inputs, Range targets) {
    return new ElementSamples(loss.build(), inputs, targets);
  }

  ComparisonTrial trial(ElementType type, Arrangement arrangement, int rows, int classes) {
    Matrix input = arrangement.allocate(MemoryKind.ARRAY, type, rows, classes);
    Matrix values =
        Matrix.of(new float[rows * classes], input.outer(), input.classes(), input.inner());
    fill(new Samples(rows + classes), input, inputs);
    fill(new Samples(rows * 3L + classes), values, targets);
    return new ComparisonTrial(loss, input, Targets.values(values));
  }

  private static void fill(Samples samples, Matrix matrix, Range range) {
    switch (range) {
      case LOGITS -> samples.fillLogits(matrix, 6);
      case LABELS -> samples.fill(matrix, _ -> samples.nextLong() & 1);
      case SIGNS -> samples.fill(matrix, _ -> 2 * (samples.nextLong() & 1) - 1);
      case PROBABILITIES -> samples.fill(matrix, _ -> samples.uniform(1, 0.05, 0.95)[0]);
      case LOG_PROBABILITIES -> samples.fill(matrix, _ -> -samples.uniform(1, 0.05, 5)[0]);
      case RATES -> samples.fill(matrix, _ -> samples.uniform(1, 0.1, 5)[0]);
      case COUNTS -> samples.fill(matrix, _ -> samples.nextLong() & 3);
      case VALUES -> samples.fill(matrix, _ -> samples.uniform(1, -3, 3)[0]);
      case VALUES_ABOVE -> samples.fill(matrix, _ -> samples.uniform(1, 3.3, 6)[0]);
    }
  }

  @Override
  public String toString() {
    return loss.toString();
  }
}
