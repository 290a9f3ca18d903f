package dev.batchloss.plan;

import java.io.Serializable;
import java.util.Arrays;

/** One finite weight a class. Immutable. */
public final class ClassWeights implements Serializable {
  private static final long serialVersionUID = 1;

  private final double[] weights;

  private ClassWeights(double[] weights) {
    this.weights = weights;
  }

  /**
   * Copies the weights.
   *
   * @throws IllegalArgumentException if a weight is NaN or infinite; negative ones are allowed
   */
  public static ClassWeights of(double... weights) {
    for (int c = 0; c < weights.length; c++) {
      if (!Double.isFinite(weights[c])) {
        throw new IllegalArgumentException(
            "weight of class " + c + " is " + weights[c] + ", must be finite");
      }
    }
    return new ClassWeights(weights.clone());
  }

  /** Returns the number of classes. */
  public int classes() {
    return weights.length;
  }

  /** Returns the weight of a class. */
  public double at(int classIndex) {
    return weights[classIndex];
  }

  /** Returns the weights as a new array. */
  public double[] toArray() {
    return weights.clone();
  }

  /** Returns the sum of the weights, added in class order. */
  public double sum() {
    double sum = 0;
    for (double weight : weights) {
      sum += weight;
    }
    return sum;
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof ClassWeights that && Arrays.equals(weights, that.weights);
  }

  @Override
  public int hashCode() {
    return Arrays.hashCode(weights);
  }

  @Override
  public String toString() {
    return Arrays.toString(weights);
  }
}
