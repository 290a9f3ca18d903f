package dev.batchloss.data;

import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/**
 * What the rows of a matrix should have been: a class a row, a distribution over the classes a row,
 * or a number an element; each with optional sample weights. Like {@link Matrix} a view: nothing is
 * copied, the memory stays the caller's.
 */
public sealed interface Targets permits ClassTargets, ProbabilityTargets, ValueTargets {
  /** One class index a row. */
  static ClassTargets classes(int... indices) {
    return ClassTargets.ofInts(MemorySegment.ofArray(indices));
  }

  /** One class index a row. */
  static ClassTargets classes(long... indices) {
    return ClassTargets.ofLongs(MemorySegment.ofArray(indices));
  }

  /** One distribution a row, of the same shape as the input; any element type, any strides. */
  static ProbabilityTargets probabilities(Matrix probabilities) {
    return new ProbabilityTargets(probabilities, null);
  }

  /** One number for each element of the input; any element type, any strides. */
  static ValueTargets values(Matrix values) {
    return new ValueTargets(values, null, null);
  }

  /** Returns the number of rows. */
  long rows();

  /** Returns one weight a row as a matrix of one column, or null if every row weighs 1. */
  @Nullable Matrix sampleWeights();

  /**
   * The same targets, row r weighing {@code weights.get(r, 0)}.
   *
   * @throws IllegalArgumentException unless {@code weights} has one class and as many rows as this
   */
  Targets withSampleWeights(Matrix weights);

  /** The same targets, row r weighing {@code weights[r]}. */
  default Targets withSampleWeights(double... weights) {
    return withSampleWeights(Matrix.of(weights, weights.length, 1));
  }

  /** The same targets, row r weighing {@code weights[r]}. */
  default Targets withSampleWeights(float... weights) {
    return withSampleWeights(Matrix.of(weights, weights.length, 1));
  }

  /** The targets of the rows {@code from} (inclusive) to {@code to} (exclusive). */
  Targets slice(long from, long to);
}
