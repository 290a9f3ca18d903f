package dev.batchloss;

import dev.batchloss.plan.ExactSum;
import java.io.Serializable;

/** Σ weight·value and Σ weight, both exact, so that any order and any merge give the same mean. */
final class WeightedMean implements Serializable {
  private static final long serialVersionUID = 1;

  private final ExactSum values = new ExactSum();
  private final ExactSum weights = new ExactSum();

  void add(double value, double weight) {
    values.add(weight * value);
    weights.add(weight);
  }

  void add(WeightedMean other) {
    values.add(other.values);
    weights.add(other.weights);
  }

  double weight() {
    return weights.value();
  }

  /** Returns the mean, NaN if nothing was added. */
  double value() {
    return values.value() / weights.value();
  }
}
