// f(x, y) of an element plan and its derivative by x: dev.batchloss.plan.ElementFunction has the
// formulas. Comparisons are written so that a NaN stays one.
#pragma once

#include "arithmetic.cuh"
#include "comparison_parameters.cuh"

template <class Real>
DEVICE Real at_least(Real least, Real x) {
  return x < least ? least : x;
}

template <class Real>
DEVICE Real size_of(Real x) {
  return x < 0 ? -x : x;
}

template <class Real>
DEVICE Real sign_of(Real x) {
  return x > 0 ? 1 : x < 0 ? -1 : x;
}

template <class Real>
DEVICE Real sigmoid(Real x) {
  Real e = exp_of(-size_of(x));
  return (x >= 0 ? 1 : e) / (1 + e);
}

template <class Real>
constexpr Real LN2 = static_cast<Real>(0.6931471805599453094);

// ln cosh: near 0 as ln(1 + (cosh d − 1)), with (e^−d − 1)² = 2·e^−d·(cosh d − 1).
template <class Real>
DEVICE Real log_cosh(Real distance) {
  if (distance < 1) {
    Real t = expm1_of(-distance);
    return log1p_of(t * t / (2 * (1 + t)));
  }
  return distance + log1p_of(exp_of(-2 * distance)) - LN2<Real>;
}

template <class Real>
struct ElementFunction {
  // An ElementKind.
  int kind;
  const ElementNumbers<Real> &numbers;

  DEVICE_MEMBER Real times(Real coefficient, Real x) const {
    bool is_nothing = coefficient == 0 && numbers.zero_takes_infinity != 0;
    return is_nothing ? 0 : coefficient * x;
  }

  DEVICE_MEMBER bool has_clip() const {
    return numbers.clip_low > 0 || numbers.clip_high < infinity<Real>();
  }

  DEVICE_MEMBER Real clipped(Real p) const {
    return p < numbers.clip_low ? numbers.clip_low : p > numbers.clip_high ? numbers.clip_high : p;
  }

  DEVICE_MEMBER bool is_clipped(Real p) const {
    return p < numbers.clip_low || p > numbers.clip_high;
  }

  DEVICE_MEMBER bool takes_logits() const {
    return kind == BINARY_CROSS_ENTROPY_LOGITS || kind == BINARY_FOCAL_LOGITS;
  }

  // Each of the two terms by itself: that of a confident prediction is small beside 1.
  DEVICE_MEMBER Real logit_entropy(Real x, Real y, Real w) const {
    if (numbers.zero_takes_infinity == 0 && x == -infinity<Real>()) {
      return not_a_number<Real>();
    }
    Real both = log1p_of(exp_of(-size_of(x)));
    return times(w * y, at_least<Real>(0, -x) + both) + times(1 - y, at_least<Real>(0, x) + both);
  }

  DEVICE_MEMBER Real logit_slope(Real x, Real y, Real w) const {
    return (1 - y) * sigmoid(x) - w * y * sigmoid(-x);
  }

  DEVICE_MEMBER Real entropy(Real p, Real y, Real w) const {
    return -times(w * y, at_least(numbers.log_floor, log_of(p))) -
           times(1 - y, at_least(numbers.log_floor, log1p_of(-p)));
  }

  DEVICE_MEMBER Real entropy_slope(Real x, Real y, Real w) const {
    if (numbers.slope_floor > 0) {
      return ((1 - y) * x - w * y * (1 - x)) / at_least(numbers.slope_floor, x * (1 - x));
    }
    return is_clipped(x) ? 0 : times(1 - y, 1 / (1 - x)) - times(w * y, 1 / x);
  }

  DEVICE_MEMBER Real focal_entropy(Real x, Real y) const {
    if (takes_logits() && !has_clip()) {
      return logit_entropy(x, y, 1);
    }
    return entropy(clipped(takes_logits() ? sigmoid(x) : x), y, 1);
  }

  DEVICE_MEMBER Real focal_entropy_slope(Real x, Real y) const {
    if (!takes_logits()) {
      return entropy_slope(x, y, 1);
    }
    if (!has_clip()) {
      return logit_slope(x, y, 1);
    }
    Real p = sigmoid(x);
    return is_clipped(p) ? 0 : entropy_slope(p, y, 1) * p * sigmoid(-x);
  }

  // The probability of the class that is not the target.
  DEVICE_MEMBER Real miss(Real x, Real y) const {
    return takes_logits() ? y * sigmoid(-x) + (1 - y) * sigmoid(x) : y * (1 - x) + (1 - y) * x;
  }

  DEVICE_MEMBER Real balance(Real y) const {
    return numbers.alpha != numbers.alpha ? 1 : numbers.alpha * y + (1 - numbers.alpha) * (1 - y);
  }

  DEVICE_MEMBER Real focal_slope(Real x, Real y) const {
    Real missed = miss(x, y);
    Real entropy = focal_entropy(x, y);
    Real moved = 0;
    if (numbers.gamma != 0 && entropy != 0) {
      Real probability_slope = takes_logits() ? sigmoid(x) * sigmoid(-x) : 1;
      moved = numbers.gamma * power_of(missed, numbers.gamma - 1) * (1 - 2 * y) *
              times(probability_slope, entropy);
    }
    return balance(y) * (moved + power_of(missed, numbers.gamma) * focal_entropy_slope(x, y));
  }

  DEVICE_MEMBER Real percentage_of(Real y) const {
    return 100 / at_least(numbers.epsilon, size_of(y));
  }

  DEVICE_MEMBER Real logarithmic_error(Real x, Real y) const {
    return log1p_of(at_least(numbers.epsilon, x)) - log1p_of(at_least(numbers.epsilon, y));
  }

  DEVICE_MEMBER Real huber(Real distance) const {
    return distance <= numbers.delta ? distance * distance / 2
                                  : numbers.delta * (distance - numbers.delta / 2);
  }

  // Stirling's approximation of ln y!.
  DEVICE_MEMBER Real target_term(Real y) const {
    if (numbers.target_term == 0 || y <= 1) {
      return 0;
    }
    const Real two_pi = static_cast<Real>(6.283185307179586477);
    return numbers.target_term * (y * log_of(y) - y + log_of(two_pi * y) / 2);
  }

  DEVICE_MEMBER Real margin(Real x, Real y) const { return at_least<Real>(0, 1 - y * x); }

  // w is the positive weight of the class.
  DEVICE_MEMBER Real value(Real x, Real y, Real w) const {
    Real d = x - y;
    switch (kind) {
      case BINARY_CROSS_ENTROPY_LOGITS:
        return logit_entropy(x, y, w);
      case BINARY_CROSS_ENTROPY:
        return entropy(clipped(x), y, w);
      case BINARY_FOCAL_LOGITS:
      case BINARY_FOCAL:
        return balance(y) * power_of(miss(x, y), numbers.gamma) * focal_entropy(x, y);
      case KL_DIVERGENCE:
        return y == 0 ? -times(y, x) : y * (log_of(y) - x);
      case KL_DIVERGENCE_LOG_TARGETS:
        return times(unbounded_exp_of(y), y - x);
      case KL_DIVERGENCE_PROBABILITIES:
        return times(clipped(y), log_of(clipped(y) / clipped(x)));
      case SQUARED_ERROR:
        return d * d;
      case ABSOLUTE_ERROR:
        return size_of(d);
      case ABSOLUTE_PERCENTAGE_ERROR:
        return percentage_of(y) * size_of(d);
      case SQUARED_LOGARITHMIC_ERROR: {
        Real error = logarithmic_error(x, y);
        return error * error;
      }
      case HUBER:
        return numbers.factor * huber(size_of(d));
      case LOG_COSH:
        return log_cosh(size_of(d));
      case POISSON:
        return x - times(y, log_of(x + numbers.epsilon)) + target_term(y);
      case POISSON_LOGARITHMIC:
        return unbounded_exp_of(x) - times(y, x) + target_term(y);
      case HINGE:
        return margin(x, y);
      default:
        return margin(x, y) * margin(x, y);
    }
  }

  DEVICE_MEMBER Real slope(Real x, Real y, Real w) const {
    if (x != x || y != y) {
      return not_a_number<Real>();
    }
    Real d = x - y;
    switch (kind) {
      case BINARY_CROSS_ENTROPY_LOGITS:
        return logit_slope(x, y, w);
      case BINARY_CROSS_ENTROPY:
        return entropy_slope(x, y, w);
      case BINARY_FOCAL_LOGITS:
      case BINARY_FOCAL:
        return focal_slope(x, y);
      case KL_DIVERGENCE:
        return -y;
      case KL_DIVERGENCE_LOG_TARGETS:
        return -unbounded_exp_of(y);
      case KL_DIVERGENCE_PROBABILITIES:
        return is_clipped(x) || clipped(y) == 0 ? 0 : -clipped(y) / x;
      case SQUARED_ERROR:
        return 2 * d;
      case ABSOLUTE_ERROR:
        return sign_of(d);
      case ABSOLUTE_PERCENTAGE_ERROR:
        return percentage_of(y) * sign_of(d);
      case SQUARED_LOGARITHMIC_ERROR:
        return x < numbers.epsilon ? 0 : 2 * logarithmic_error(x, y) / (1 + x);
      case HUBER:
        return numbers.factor * (size_of(d) > numbers.delta ? sign_of(d) * numbers.delta : d);
      case LOG_COSH:
        return tanh_of(d);
      case POISSON:
        return 1 - times(y, 1 / (x + numbers.epsilon));
      case POISSON_LOGARITHMIC:
        return unbounded_exp_of(x) - y;
      case HINGE:
        return y * x < 1 ? -y : 0;
      default:
        return -2 * y * margin(x, y);
    }
  }

  // Whether prediction and target are on the same side of their thresholds.
  DEVICE_MEMBER bool matches(Real x, Real y) const {
    Real threshold = takes_logits() ? 0 : static_cast<Real>(0.5);
    return x == x && (x > threshold) == (y > static_cast<Real>(0.5));
  }
};
