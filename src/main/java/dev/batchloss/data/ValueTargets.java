package dev.batchloss.data;

import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * One number for each element of the input: the labels of a binary or multi-label problem, the
 * values of a regression, the logits of a teacher.
 *
 * @param values outer × classes × inner, the shape of the input they belong to
 * @param elementWeights one weight an element in the same shape, or null; strides of 0 spread one
 *     number over all elements, one a row over its classes, or one a class over the rows
 * @param sampleWeights one weight a row (rows × 1), or null
 */
public record ValueTargets(
    Matrix values, @Nullable Matrix elementWeights, @Nullable Matrix sampleWeights)
    implements Targets {

  /** Checks the number of weights. */
  public ValueTargets {
    Objects.requireNonNull(values, "values");
    if (elementWeights != null && !elementWeights.hasShapeOf(values)) {
      throw new IllegalArgumentException(
          "the shape of the element weights is %s, the targets' is %s"
              .formatted(elementWeights, values));
    }
    ProbabilityTargets.requireOneWeightPerRow(sampleWeights, values.rows());
  }

  /** The same targets, every element weighing as much as that of {@code weights}. */
  public ValueTargets withElementWeights(Matrix weights) {
    return new ValueTargets(values, Objects.requireNonNull(weights, "weights"), sampleWeights);
  }

  /**
   * The same targets, every element of class c weighing {@code weights[c]}.
   *
   * @throws IllegalArgumentException unless there is one weight a class
   */
  public ValueTargets withClassWeights(double... weights) {
    if (weights.length != values.classes()) {
      throw new IllegalArgumentException(
          "there are %d class weights for %d classes".formatted(weights.length, values.classes()));
    }
    Matrix one = Matrix.of(weights, 1, weights.length);
    return withElementWeights(
        Matrix.strided(
            one.segment(), one.type(), values.outer(), values.classes(), values.inner(), 0, 1, 0));
  }

  @Override
  public long rows() {
    return values.rows();
  }

  @Override
  public ValueTargets withSampleWeights(Matrix weights) {
    return new ValueTargets(values, elementWeights, weights);
  }

  @Override
  public ValueTargets withSampleWeights(double... weights) {
    return withSampleWeights(Matrix.of(weights, weights.length, 1));
  }

  /**
   * {@inheritDoc}
   *
   * @throws IllegalArgumentException if the bounds are no multiples of the inner length
   */
  @Override
  public ValueTargets slice(long from, long to) {
    return new ValueTargets(
        ProbabilityTargets.rowsOf(values, from, to),
        elementWeights == null ? null : ProbabilityTargets.rowsOf(elementWeights, from, to),
        ProbabilityTargets.sliceOf(sampleWeights, from, to));
  }
}
