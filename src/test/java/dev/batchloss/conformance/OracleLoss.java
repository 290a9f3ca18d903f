package dev.batchloss.conformance;

import dev.batchloss.loss.CrossEntropy;
import dev.batchloss.loss.GeneralizedCrossEntropy;
import dev.batchloss.loss.Loss;
import dev.batchloss.loss.NegativeLogLikelihood;
import dev.batchloss.loss.SoftmaxEntropy;
import dev.batchloss.loss.SoftmaxFocal;
import dev.batchloss.loss.SoftmaxKlDivergence;
import dev.batchloss.plan.ClassWeights;
import dev.batchloss.plan.InputKind;
import java.util.Arrays;
import java.util.function.DoubleUnaryOperator;
import java.util.function.IntToDoubleFunction;
import org.jspecify.annotations.Nullable;

/**
 * One row of a loss of distributions beside cross-entropy, from its definition in double. The
 * gradient is the chain rule by hand: with g_c the derivative with respect to log p_c, it is g_c −
 * p_c·Σ g for logits, g_c for log-probabilities and g_c / p_c for probabilities.
 */
final class OracleLoss {
  private final Loss loss;
  private final InputKind input;
  private final Tolerance tolerance;
  private final OracleRow distribution;
  private final int classes;
  private final int target;
  private final double[] q;

  /**
   * Computes the row.
   *
   * @param x the row as the engine gets it
   * @param target the class; anything where there is none
   * @param q the probability targets; empty where there are none
   */
  OracleLoss(Loss loss, Tolerance tolerance, double[] x, int target, double[] q) {
    this.loss = loss;
    this.input = inputOf(loss);
    this.tolerance = tolerance;
    this.distribution = new OracleRow(CrossEntropy.builder().input(input).build(), x, target, q);
    this.classes = x.length;
    this.target = target;
    this.q = q;
  }

  static InputKind inputOf(Loss loss) {
    return switch (loss) {
      case CrossEntropy crossEntropy -> crossEntropy.input();
      case GeneralizedCrossEntropy generalized -> generalized.input();
      case NegativeLogLikelihood _ -> InputKind.LOG_PROBABILITIES;
      case SoftmaxEntropy entropy -> entropy.input();
      case SoftmaxFocal focal -> focal.input();
      case SoftmaxKlDivergence divergence -> divergence.input();
      default -> throw new IllegalArgumentException(loss.name() + " is no loss of distributions");
    };
  }

  static @Nullable ClassWeights classWeightsOf(Loss loss) {
    return switch (loss) {
      case NegativeLogLikelihood likelihood -> likelihood.classWeights();
      case GeneralizedCrossEntropy generalized -> generalized.classWeights();
      case SoftmaxFocal focal -> focal.classWeights();
      default -> null;
    };
  }

  /** The loss before the sample weight. */
  double value() {
    return switch (loss) {
      case NegativeLogLikelihood _ ->
          q.length == 0 ? weight(target) * nll(target) : sum(c -> times(weight(c) * q[c], nll(c)));
      case SoftmaxEntropy _ -> distribution.entropy();
      case GeneralizedCrossEntropy _, SoftmaxFocal _ -> targetValue(nll(target));
      case SoftmaxKlDivergence _ ->
          sum(c -> times(q[c], Math.log(q[c]))) + sum(c -> times(q[c], nll(c)));
      default -> throw new IllegalArgumentException(loss.name() + " has another oracle");
    };
  }

  /** How far the loss may be off. */
  double bound() {
    return isOfTarget()
        ? tolerance.rowResult(value()) + spread(this::targetValue)
        : tolerance.rowResult(value());
  }

  /** dL/dx of every class, before sample weight, upstream and denominator. */
  double[] gradient() {
    double[] slopes = slopes();
    CompensatedSum sum = new CompensatedSum();
    Arrays.stream(slopes).forEach(sum::add);
    double[] gradient = new double[classes];
    for (int c = 0; c < classes; c++) {
      gradient[c] =
          switch (input) {
            case LOGITS -> slopes[c] - probability(c) * sum.value();
            case LOG_PROBABILITIES -> slopes[c];
            case PROBABILITIES -> probabilitySlope(slopes[c], c);
          };
    }
    return gradient;
  }

  /** How far each element of the gradient may be off before it is stored. */
  double[] gradientBound() {
    double[] slopes = slopes();
    double size;
    if (loss instanceof SoftmaxEntropy) {
      double farthest = 0;
      for (int c = 0; c < classes; c++) {
        farthest = Math.max(farthest, probability(c) == 0 ? 0 : Math.abs(logP(c)));
      }
      size = 1 + Math.abs(value()) + 2 * farthest;
    } else {
      double[] sizes = Arrays.stream(slopes).map(Math::abs).toArray();
      size = Arrays.stream(sizes).sum() + Arrays.stream(sizes).max().orElse(0);
    }
    double bound = tolerance.gradient(size);
    if (isOfTarget()) {
      bound += spread(this::targetSlope);
    }
    double[] bounds = new double[classes];
    for (int c = 0; c < classes; c++) {
      boolean isDivided = input == InputKind.PROBABILITIES && probability(c) != 0;
      bounds[c] = isDivided ? bound / probability(c) : bound;
    }
    return bounds;
  }

  double entropy() {
    return distribution.entropy();
  }

  /** dL/d(log p_c). */
  private double[] slopes() {
    double[] slopes = new double[classes];
    for (int c = 0; c < classes; c++) {
      double wanted = q.length > 0 ? q[c] : c == target ? 1 : 0;
      slopes[c] =
          switch (loss) {
            case SoftmaxEntropy _ -> probability(c) == 0 ? 0 : -probability(c) * (logP(c) + 1);
            case GeneralizedCrossEntropy _, SoftmaxFocal _ ->
                c == target ? -targetSlope(nll(c)) : 0;
            case SoftmaxKlDivergence _ -> -wanted;
            default -> -weight(c) * wanted;
          };
    }
    // Where one probability is NaN, so are all that were normalised with it.
    boolean isLost = input == InputKind.LOGITS && Double.isNaN(distribution.lse());
    if (isLost) {
      Arrays.fill(slopes, Double.NaN);
    }
    return slopes;
  }

  private double probabilitySlope(double slope, int c) {
    if (loss instanceof SoftmaxEntropy) {
      return -(logP(c) + 1);
    }
    return slope == 0 ? 0 : slope / probability(c);
  }

  /** Whether it is a function of the target's nll, but not the nll itself. */
  private boolean isOfTarget() {
    return loss instanceof SoftmaxFocal || loss instanceof GeneralizedCrossEntropy;
  }

  private double targetValue(double n) {
    return loss instanceof GeneralizedCrossEntropy generalized
        ? weight(target) * -Math.expm1(-generalized.q() * n) / generalized.q()
        : focalValue((SoftmaxFocal) loss, n);
  }

  /** The derivative of the above with respect to n. */
  private double targetSlope(double n) {
    return loss instanceof GeneralizedCrossEntropy generalized
        ? weight(target) * Math.exp(-generalized.q() * n)
        : focalSlope((SoftmaxFocal) loss, n);
  }

  private double focalValue(SoftmaxFocal focal, double n) {
    return focal.alpha() * weight(target) * Math.pow(-Math.expm1(-n), focal.gamma()) * n;
  }

  /** The derivative of the above with respect to n. */
  private double focalSlope(SoftmaxFocal focal, double n) {
    double gamma = focal.gamma();
    double factor = focal.alpha() * weight(target);
    if (gamma == 0 || Double.isNaN(n)) {
      return factor * (Double.isNaN(n) ? n : 1);
    }
    if (n == 0) {
      return 0;
    }
    double missing = -Math.expm1(-n);
    double focused = n == Double.POSITIVE_INFINITY ? 0 : Math.exp(-n) * n;
    return factor * (Math.pow(missing, gamma) + gamma * Math.pow(missing, gamma - 1) * focused);
  }

  /** What an nll that is off by what is allowed makes of a function of it. */
  private double spread(DoubleUnaryOperator function) {
    double n = nll(target);
    if (!Double.isFinite(n)) {
      return 0;
    }
    double error = tolerance.rowResult(n);
    double middle = function.applyAsDouble(n);
    double above = function.applyAsDouble(n + error);
    double below = function.applyAsDouble(Math.max(0, n - error));
    return Math.max(Math.abs(above - middle), Math.abs(below - middle));
  }

  private double nll(int c) {
    return -logP(c);
  }

  private double logP(int c) {
    return distribution.logProbability(c);
  }

  private double probability(int c) {
    return distribution.probability(c);
  }

  private double weight(int c) {
    ClassWeights weights = classWeightsOf(loss);
    return weights == null ? 1 : weights.at(c);
  }

  private double sum(IntToDoubleFunction term) {
    CompensatedSum sum = new CompensatedSum();
    for (int c = 0; c < classes; c++) {
      sum.add(term.applyAsDouble(c));
    }
    return Double.isNaN(distribution.lse()) ? Double.NaN : sum.value();
  }

  private static double times(double coefficient, double value) {
    return coefficient == 0 ? 0 : coefficient * value;
  }
}
