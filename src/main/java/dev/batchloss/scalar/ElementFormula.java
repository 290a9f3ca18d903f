package dev.batchloss.scalar;

import dev.batchloss.plan.ElementFunction;
import dev.batchloss.plan.ZeroTimesInfinity;

/** f(x, y) of an element plan and its derivative with respect to x, in double. */
final class ElementFormula {
  private static final double LN2 = StrictMath.log(2);
  private static final double PERCENT = 100;

  private final ElementFunction f;
  private final boolean zeroIsZero;

  ElementFormula(ElementFunction function, ZeroTimesInfinity zeroTimesInfinity) {
    this.f = function;
    this.zeroIsZero = zeroTimesInfinity == ZeroTimesInfinity.ZERO;
  }

  /**
   * f.
   *
   * @param w the positive weight of the element's class
   */
  double value(double x, double y, double w) {
    return switch (f.kind()) {
      case BINARY_CROSS_ENTROPY_LOGITS -> logitEntropy(x, y, w);
      case BINARY_CROSS_ENTROPY -> entropy(clip(x), y, w);
      case BINARY_FOCAL_LOGITS, BINARY_FOCAL ->
          balance(y) * StrictMath.pow(miss(x, y), f.gamma()) * focalEntropy(x, y);
      case KL_DIVERGENCE -> y == 0 ? -product(y, x) : y * (StrictMath.log(y) - x);
      case KL_DIVERGENCE_LOG_TARGETS -> product(StrictMath.exp(y), y - x);
      case KL_DIVERGENCE_PROBABILITIES -> {
        double q = clip(y);
        yield product(q, StrictMath.log(q / clip(x)));
      }
      case SQUARED_ERROR -> (x - y) * (x - y);
      case ABSOLUTE_ERROR -> Math.abs(x - y);
      case ABSOLUTE_PERCENTAGE_ERROR -> PERCENT * Math.abs(x - y) / percentageBase(y);
      case SQUARED_LOGARITHMIC_ERROR -> {
        double d = logarithmicError(x, y);
        yield d * d;
      }
      case HUBER -> f.factor() * huber(Math.abs(x - y));
      case LOG_COSH -> logCosh(Math.abs(x - y));
      case POISSON -> x - product(y, StrictMath.log(x + f.epsilon())) + targetTerm(y);
      case POISSON_LOGARITHMIC -> StrictMath.exp(x) - product(y, x) + targetTerm(y);
      case HINGE -> margin(x, y);
      case SQUARED_HINGE -> margin(x, y) * margin(x, y);
    };
  }

  /** df/dx; NaN where an argument is. */
  double slope(double x, double y, double w) {
    if (Double.isNaN(x) || Double.isNaN(y)) {
      return Double.NaN;
    }
    return switch (f.kind()) {
      case BINARY_CROSS_ENTROPY_LOGITS -> (1 - y) * sigmoid(x) - w * y * sigmoid(-x);
      case BINARY_CROSS_ENTROPY -> entropySlope(x, y, w);
      case BINARY_FOCAL_LOGITS -> focalSlope(x, y, sigmoid(x) * sigmoid(-x), logitSlope(x, y));
      case BINARY_FOCAL -> focalSlope(x, y, 1, entropySlope(x, y, 1));
      case KL_DIVERGENCE -> -y;
      case KL_DIVERGENCE_LOG_TARGETS -> -StrictMath.exp(y);
      case KL_DIVERGENCE_PROBABILITIES -> isClipped(x) || clip(y) == 0 ? 0 : -clip(y) / x;
      case SQUARED_ERROR -> 2 * (x - y);
      case ABSOLUTE_ERROR -> Math.signum(x - y);
      case ABSOLUTE_PERCENTAGE_ERROR -> PERCENT * Math.signum(x - y) / percentageBase(y);
      case SQUARED_LOGARITHMIC_ERROR -> x < f.epsilon() ? 0 : 2 * logarithmicError(x, y) / (1 + x);
      case HUBER -> f.factor() * Math.clamp(x - y, -f.delta(), f.delta());
      case LOG_COSH -> StrictMath.tanh(x - y);
      case POISSON -> 1 - product(y, 1 / (x + f.epsilon()));
      case POISSON_LOGARITHMIC -> StrictMath.exp(x) - y;
      case HINGE -> y * x < 1 ? -y : 0;
      case SQUARED_HINGE -> -2 * y * margin(x, y);
    };
  }

  /** Whether prediction and target are on the same side of their thresholds. */
  boolean matches(double x, double y) {
    return !Double.isNaN(x) && x > f.kind().threshold() == y > ElementFunction.TARGET_THRESHOLD;
  }

  /** Each of the two terms by itself: that of a confident prediction is small beside 1. */
  private double logitEntropy(double x, double y, double w) {
    // PyTorch's formula subtracts two infinities there.
    if (!zeroIsZero && x == Double.NEGATIVE_INFINITY) {
      return Double.NaN;
    }
    double both = StrictMath.log1p(StrictMath.exp(-Math.abs(x)));
    return product(w * y, Math.max(-x, 0) + both) + product(1 - y, Math.max(x, 0) + both);
  }

  private double logitSlope(double x, double y) {
    double p = sigmoid(x);
    return f.hasClip()
        ? (isClipped(p) ? 0 : entropySlope(p, y, 1) * p * sigmoid(-x))
        : (1 - y) * p - y * sigmoid(-x);
  }

  private double entropy(double p, double y, double w) {
    return -product(w * y, floored(StrictMath.log(p)))
        - product(1 - y, floored(StrictMath.log1p(-p)));
  }

  private double entropySlope(double x, double y, double w) {
    if (f.slopeFloor() > 0) {
      return ((1 - y) * x - w * y * (1 - x)) / Math.max(x * (1 - x), f.slopeFloor());
    }
    return isClipped(x) ? 0 : product(1 - y, 1 / (1 - x)) - product(w * y, 1 / x);
  }

  private double focalEntropy(double x, double y) {
    boolean takesLogits = f.kind() == ElementFunction.Kind.BINARY_FOCAL_LOGITS;
    if (!takesLogits) {
      return entropy(clip(x), y, 1);
    }
    return f.hasClip() ? entropy(clip(sigmoid(x)), y, 1) : logitEntropy(x, y, 1);
  }

  /** 1 − π: the probability of the class that is not the target. */
  private double miss(double x, double y) {
    boolean takesLogits = f.kind() == ElementFunction.Kind.BINARY_FOCAL_LOGITS;
    return takesLogits ? y * sigmoid(-x) + (1 - y) * sigmoid(x) : y * (1 - x) + (1 - y) * x;
  }

  private double balance(double y) {
    double alpha = f.alpha();
    return Double.isNaN(alpha) ? 1 : alpha * y + (1 - alpha) * (1 - y);
  }

  /**
   * The derivative of balance·miss^gamma·entropy.
   *
   * @param probabilitySlope dp/dx
   * @param entropySlope of the entropy, with respect to x
   */
  private double focalSlope(double x, double y, double probabilitySlope, double entropySlope) {
    double miss = miss(x, y);
    double entropy = focalEntropy(x, y);
    double gamma = f.gamma();
    double moved =
        gamma == 0 || entropy == 0
            ? 0
            : gamma
                * StrictMath.pow(miss, gamma - 1)
                * (1 - 2 * y)
                * product(probabilitySlope, entropy);
    return balance(y) * (moved + StrictMath.pow(miss, gamma) * entropySlope);
  }

  private double percentageBase(double y) {
    return Math.max(Math.abs(y), f.epsilon());
  }

  private double logarithmicError(double x, double y) {
    return StrictMath.log1p(Math.max(x, f.epsilon())) - StrictMath.log1p(Math.max(y, f.epsilon()));
  }

  private double huber(double distance) {
    double delta = f.delta();
    return distance <= delta ? 0.5 * distance * distance : delta * (distance - 0.5 * delta);
  }

  /** ln cosh d: near 0 as ln(1 + (cosh d − 1)), with (e^−d − 1)² = 2·e^−d·(cosh d − 1). */
  private static double logCosh(double distance) {
    if (distance < 1) {
      double t = StrictMath.expm1(-distance);
      return StrictMath.log1p(t * t / (2 * (1 + t)));
    }
    return distance + StrictMath.log1p(StrictMath.exp(-2 * distance)) - LN2;
  }

  /** Stirling's approximation of ln y!. */
  private double targetTerm(double y) {
    if (f.targetTerm() == 0 || y <= 1) {
      return 0;
    }
    return f.targetTerm()
        * (y * StrictMath.log(y) - y + 0.5 * StrictMath.log(2 * StrictMath.PI * y));
  }

  private static double margin(double x, double y) {
    return Math.max(0, 1 - y * x);
  }

  private static double sigmoid(double x) {
    double e = StrictMath.exp(-Math.abs(x));
    return x >= 0 ? 1 / (1 + e) : e / (1 + e);
  }

  private double clip(double p) {
    return Math.min(f.clipHigh(), Math.max(f.clipLow(), p));
  }

  private boolean isClipped(double p) {
    return p < f.clipLow() || p > f.clipHigh();
  }

  private double floored(double logarithm) {
    return Math.max(f.logFloor(), logarithm);
  }

  private double product(double coefficient, double value) {
    return coefficient == 0 && zeroIsZero ? 0 : coefficient * value;
  }
}
