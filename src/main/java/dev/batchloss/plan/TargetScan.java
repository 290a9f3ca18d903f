package dev.batchloss.plan;

import dev.batchloss.data.ClassTargets;
import dev.batchloss.data.InvalidDataException;
import dev.batchloss.data.InvalidTargetException;
import dev.batchloss.data.Matrix;
import dev.batchloss.data.ProbabilityTargets;
import dev.batchloss.data.Targets;
import dev.batchloss.data.ValueTargets;
import org.jspecify.annotations.Nullable;

/**
 * What comes before any row is read: refuses bad class targets and sample weights and sums the
 * denominator of MEAN, so that the gradient's scale is known before row 0 and nothing has been
 * written when a target is bad.
 *
 * @param rows all rows
 * @param counted the rows that are not ignored
 * @param weightSum with class targets Σ sampleWeight·classWeight[target] over the counted rows,
 *     else Σ sampleWeight; kept exactly
 */
public record TargetScan(long rows, long counted, ExactSum weightSum) {

  /** How far a probability may lie above 1: the rounding of a 32-bit softmax. */
  public static final double ROUNDING_ABOVE_ONE = 1e-6;

  /** Reads the targets and sample weights of one call, or of one shard of it. */
  public static TargetScan of(Plan plan, long rows, int classes, @Nullable Targets targets) {
    return switch (targets) {
      case ClassTargets indices -> ofClasses(plan, classes, indices);
      case ProbabilityTargets probabilities -> ofRows(rows, probabilities.sampleWeights());
      case ValueTargets values -> {
        requireFiniteElements(values.elementWeights());
        yield ofRows(rows, values.sampleWeights());
      }
      case null -> ofRows(rows, null);
    };
  }

  /** The scan of two shards of the same rows' targets, put together. */
  public TargetScan merge(TargetScan other) {
    ExactSum sum = weightSum.copy();
    sum.add(other.weightSum);
    return new TargetScan(rows + other.rows, counted + other.counted, sum);
  }

  /**
   * Checks one sample weight.
   *
   * @throws InvalidDataException if it is not finite
   */
  public static void requireSampleWeight(long row, double weight) {
    if (!Double.isFinite(weight)) {
      throw new InvalidDataException(
          "sample weight of row %d is %s, must be finite".formatted(row, weight));
    }
  }

  /**
   * Checks one element of a probability target.
   *
   * @throws InvalidDataException if it is NaN or outside 0..1
   */
  public static void requireProbability(String what, long row, int classIndex, double value) {
    if (!(value >= 0 && value <= 1 + ROUNDING_ABOVE_ONE)) {
      throw new InvalidDataException(
          "%s of row %d, class %d is %s, must be in 0..1".formatted(what, row, classIndex, value));
    }
  }

  /**
   * Checks one element weight.
   *
   * @throws InvalidDataException if it is not finite
   */
  public static void requireElementWeight(long row, int classIndex, double weight) {
    if (!Double.isFinite(weight)) {
      throw new InvalidDataException(
          "element weight of row %d, class %d is %s, must be finite"
              .formatted(row, classIndex, weight));
    }
  }

  /**
   * Checks every probability target from {@code firstRow} on before anything is written, for a
   * gradient in place.
   */
  public static void requireProbabilities(Matrix probabilities, long firstRow) {
    for (long row = firstRow; row < probabilities.rows(); row++) {
      for (int c = 0; c < probabilities.classes(); c++) {
        requireProbability("target probability", row, c, probabilities.get(row, c));
      }
    }
  }

  private static TargetScan ofClasses(Plan plan, int classes, ClassTargets targets) {
    long rows = targets.rows();
    boolean ignores = plan.ignoredClass() != null;
    long ignored = ignores ? plan.ignoredClass() : 0;
    if (!ignores
        && targets.sampleWeights() == null
        && plan.targetWeights() == null
        && targets.areWithin(classes)) {
      ExactSum ones = new ExactSum();
      ones.add((double) rows);
      return new TargetScan(rows, rows, ones);
    }
    long counted = 0;
    long bad = 0;
    long firstBad = -1;
    for (long row = 0; row < rows; row++) {
      long target = targets.at(row);
      if (ignores && target == ignored) {
        continue;
      }
      counted++;
      if (target < 0 || target >= classes) {
        if (bad++ == 0) {
          firstBad = row;
        }
      }
    }
    if (bad > 0) {
      throw new InvalidTargetException(firstBad, targets.at(firstBad), bad, classes);
    }
    Matrix weights = targets.sampleWeights();
    ClassWeights classWeights = plan.targetWeights();
    ExactSum weightSum = new ExactSum();
    if (weights == null && classWeights == null) {
      weightSum.add((double) counted);
      return new TargetScan(rows, counted, weightSum);
    }
    for (long row = 0; row < rows; row++) {
      double weight = weights == null ? 1 : requireFinite(weights, row);
      long target = targets.at(row);
      if (!(ignores && target == ignored)) {
        weightSum.add(classWeights == null ? weight : weight * classWeights.at((int) target));
      }
    }
    return new TargetScan(rows, counted, weightSum);
  }

  private static TargetScan ofRows(long rows, @Nullable Matrix weights) {
    ExactSum weightSum = new ExactSum();
    if (weights == null) {
      weightSum.add((double) rows);
    } else {
      for (long row = 0; row < rows; row++) {
        weightSum.add(requireFinite(weights, row));
      }
    }
    return new TargetScan(rows, rows, weightSum);
  }

  /** A weight that is spread over an axis is looked at once. */
  private static void requireFiniteElements(@Nullable Matrix weights) {
    if (weights == null) {
      return;
    }
    long outer = weights.outerStride() == 0 ? Math.min(1, weights.outer()) : weights.outer();
    long inner = weights.innerStride() == 0 ? Math.min(1, weights.inner()) : weights.inner();
    int classes = weights.classStride() == 0 ? Math.min(1, weights.classes()) : weights.classes();
    for (long o = 0; o < outer; o++) {
      for (long i = 0; i < inner; i++) {
        long row = o * weights.inner() + i;
        for (int c = 0; c < classes; c++) {
          requireElementWeight(row, c, weights.get(row, c));
        }
      }
    }
  }

  private static double requireFinite(Matrix weights, long row) {
    double weight = weights.get(row, 0);
    requireSampleWeight(row, weight);
    return weight;
  }
}
