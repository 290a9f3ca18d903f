package dev.batchloss.data;

import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * One distribution over the classes a row.
 *
 * @param probabilities outer × classes × inner, the shape of the input they belong to
 * @param sampleWeights one weight a row (rows × 1), or null
 */
public record ProbabilityTargets(Matrix probabilities, @Nullable Matrix sampleWeights)
    implements Targets {

  /** Checks the number of weights. */
  public ProbabilityTargets {
    Objects.requireNonNull(probabilities, "probabilities");
    requireOneWeightPerRow(sampleWeights, probabilities.rows());
  }

  @Override
  public long rows() {
    return probabilities.rows();
  }

  @Override
  public ProbabilityTargets withSampleWeights(Matrix weights) {
    return new ProbabilityTargets(probabilities, weights);
  }

  /**
   * {@inheritDoc}
   *
   * @throws IllegalArgumentException if the bounds are no multiples of the inner length
   */
  @Override
  public ProbabilityTargets slice(long from, long to) {
    return new ProbabilityTargets(
        rowsOf(probabilities, from, to), sliceOf(sampleWeights, from, to));
  }

  static Matrix rowsOf(Matrix matrix, long from, long to) {
    long inner = Math.max(1, matrix.inner());
    if (from % inner != 0 || to % inner != 0) {
      throw new IllegalArgumentException(
          "rows %d to %d do not fall on multiples of inner = %d".formatted(from, to, inner));
    }
    return matrix.outerSlice(from / inner, to / inner);
  }

  static @Nullable Matrix sliceOf(@Nullable Matrix weights, long from, long to) {
    return weights == null ? null : weights.outerSlice(from, to);
  }

  static void requireOneWeightPerRow(@Nullable Matrix weights, long rows) {
    if (weights == null) {
      return;
    }
    if (weights.classes() != 1 || weights.inner() != 1 || weights.outer() != rows) {
      throw new IllegalArgumentException(
          "sample weights are %s, must be one column of %d rows".formatted(weights, rows));
    }
  }
}
