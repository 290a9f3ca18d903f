package dev.batchloss.conformance;

import dev.batchloss.loss.CrossEntropy;
import dev.batchloss.plan.InputKind;
import java.util.Arrays;

/**
 * One row of cross-entropy and everything that can be asked of it, straight from the definitions,
 * in double. Each class has the probability p_c; n_c = −log p_c; the loss is Σ a_c·n_c + zLoss·lse²
 * with
 *
 * <pre>
 *   a_c = (1−ε)·w_t·[c = t] + ε/C·w_c            (class targets)
 *   a_c = w_c·((1−ε)·q_c + ε/C)                  (probability targets)
 * </pre>
 */
final class OracleRow {
  private final CrossEntropy loss;
  private final int classes;
  private final double[] x;
  private final int target;
  private final double[] q;
  private final double[] z;
  private final double[] logP;
  private final boolean valid;
  private final int argmax;
  private double lse;

  /**
   * Computes the row.
   *
   * @param x the row as the engine gets it
   * @param target the class; with probability targets the first greatest of them
   * @param q the probability targets; empty with class targets
   */
  OracleRow(CrossEntropy loss, double[] x, int target, double[] q) {
    this.loss = loss;
    this.classes = x.length;
    this.x = x;
    this.target = target;
    this.q = q;
    this.z = new double[classes];
    this.logP = new double[classes];
    switch (loss.input()) {
      case LOGITS -> normalizeLogits();
      case LOG_PROBABILITIES -> {
        System.arraycopy(x, 0, z, 0, classes);
        System.arraycopy(x, 0, logP, 0, classes);
      }
      case PROBABILITIES -> {
        Arrays.setAll(z, c -> Math.log(x[c]));
        Arrays.setAll(logP, c -> z[c]);
      }
    }
    this.valid = Arrays.stream(logP).noneMatch(Double::isNaN);
    this.argmax = firstGreatest(z);
  }

  private void normalizeLogits() {
    boolean capped = loss.softcap() != Double.POSITIVE_INFINITY;
    double greatest = Double.NEGATIVE_INFINITY;
    boolean valid = true;
    for (int c = 0; c < classes; c++) {
      z[c] =
          capped
              ? loss.softcap() * Math.tanh(loss.logitScale() * x[c] / loss.softcap())
              : loss.logitScale() * x[c];
      double ordered = capped ? z[c] : x[c];
      valid &= !Double.isNaN(ordered) && ordered != Double.POSITIVE_INFINITY;
      greatest = Math.max(greatest, ordered);
    }
    if (!valid || greatest == Double.NEGATIVE_INFINITY) {
      lse = Double.NaN;
      Arrays.fill(logP, Double.NaN);
      return;
    }
    double[] belowGreatest = new double[classes];
    CompensatedSum sum = new CompensatedSum();
    for (int c = 0; c < classes; c++) {
      belowGreatest[c] = capped ? z[c] - greatest : loss.logitScale() * (x[c] - greatest);
      sum.add(Math.exp(belowGreatest[c]));
    }
    double logSum = Math.log(sum.value());
    lse = (capped ? greatest : loss.logitScale() * greatest) + logSum;
    for (int c = 0; c < classes; c++) {
      logP[c] = belowGreatest[c] - logSum;
    }
  }

  double lse() {
    return lse;
  }

  double logProbability(int c) {
    return logP[c];
  }

  double probability(int c) {
    return loss.input() == InputKind.PROBABILITIES ? x[c] : Math.exp(logP[c]);
  }

  /** The loss before the sample weight. */
  double loss() {
    double epsilon = loss.labelSmoothing();
    CompensatedSum sum = new CompensatedSum();
    if (epsilon != 1) {
      if (q.length == 0) {
        sum.add((1 - epsilon) * weight(target) * -logP[target]);
      } else {
        for (int c = 0; c < classes; c++) {
          sum.add(timesNll((1 - epsilon) * weight(c) * q[c], c));
        }
      }
    }
    if (epsilon != 0) {
      for (int c = 0; c < classes; c++) {
        sum.add(timesNll(epsilon / classes * weight(c), c));
      }
    }
    if (loss.zLoss() != 0) {
      sum.add(loss.zLoss() * lse * lse);
    }
    return Double.isNaN(lse) ? Double.NaN : sum.value();
  }

  /** The plain negative log-likelihood. */
  double nll() {
    if (q.length == 0) {
      return -logP[target];
    }
    CompensatedSum sum = new CompensatedSum();
    for (int c = 0; c < classes; c++) {
      sum.add(timesNll(q[c], c));
    }
    return Double.isNaN(lse) ? Double.NaN : sum.value();
  }

  /** dL/dx of every class, before sample weight, upstream and denominator. */
  double[] gradient() {
    double[] gradient = new double[classes];
    double pull = pull();
    for (int c = 0; c < classes; c++) {
      double a = coefficient(c);
      gradient[c] =
          switch (loss.input()) {
            case LOGITS -> slope(c) * (probability(c) * pull - a);
            case LOG_PROBABILITIES -> -a;
            case PROBABILITIES -> a == 0 ? 0 : -a / x[c];
          };
    }
    return gradient;
  }

  /** What an error of {@link #gradient} is measured by, for every class. */
  double[] gradientSize() {
    double[] size = new double[classes];
    double smoothing = loss.labelSmoothing() / classes;
    double share = 1 - loss.labelSmoothing();
    double greatest = 0;
    for (int c = 0; c < classes; c++) {
      double targetPart = q.length == 0 ? 0 : Math.abs(share * weight(c) * q[c]);
      greatest = Math.max(greatest, Math.abs(smoothing * weight(c)) + targetPart);
    }
    double atTarget = q.length == 0 ? Math.abs(share * weight(target)) : 0;
    double pull = Math.abs(pull());
    for (int c = 0; c < classes; c++) {
      double a = coefficient(c);
      size[c] =
          switch (loss.input()) {
            case LOGITS -> loss.logitScale() * (pull + atTarget + greatest);
            case LOG_PROBABILITIES -> atTarget + greatest;
            case PROBABILITIES -> a == 0 ? 0 : Math.abs(a / x[c]);
          };
    }
    return size;
  }

  double entropy() {
    CompensatedSum sum = new CompensatedSum();
    for (int c = 0; c < classes; c++) {
      double p = probability(c);
      sum.add(p == 0 ? 0 : -p * logP[c]);
    }
    return sum.value();
  }

  double brier() {
    CompensatedSum sum = new CompensatedSum();
    for (int c = 0; c < classes; c++) {
      double wanted = q.length > 0 ? q[c] : c == target ? 1 : 0;
      double difference = probability(c) - wanted;
      sum.add(difference * difference);
    }
    return sum.value();
  }

  /** Whether the row has a right answer at all. */
  boolean isValid() {
    return valid;
  }

  double topProbability() {
    return probability(argmax);
  }

  int argmax() {
    return argmax;
  }

  /** 1 + the classes above the target and those before it that tie with it. */
  int rank() {
    int rank = 1;
    for (int c = 0; c < classes; c++) {
      if (z[c] > z[target] || (z[c] == z[target] && c < target)) {
        rank++;
      }
    }
    return rank;
  }

  int target() {
    return target;
  }

  private double weight(int c) {
    return loss.classWeights() == null ? 1 : loss.classWeights().at(c);
  }

  private double coefficient(int c) {
    double share = 1 - loss.labelSmoothing();
    double wanted = q.length > 0 ? q[c] : c == target ? 1 : 0;
    return weight(c) * (share * wanted + loss.labelSmoothing() / classes);
  }

  private double pull() {
    CompensatedSum sum = new CompensatedSum();
    for (int c = 0; c < classes; c++) {
      sum.add(coefficient(c));
    }
    if (loss.zLoss() != 0) {
      sum.add(2 * loss.zLoss() * lse);
    }
    return sum.value();
  }

  /** dz/dx. */
  private double slope(int c) {
    if (loss.softcap() == Double.POSITIVE_INFINITY) {
      return loss.logitScale();
    }
    double cosh = Math.cosh(loss.logitScale() * x[c] / loss.softcap());
    return loss.logitScale() / (cosh * cosh);
  }

  private double timesNll(double coefficient, int c) {
    return coefficient == 0 ? 0 : coefficient * -logP[c];
  }

  static int firstGreatest(double[] values) {
    int first = 0;
    for (int c = 1; c < values.length; c++) {
      first = values[c] > values[first] ? c : first;
    }
    return first;
  }
}
