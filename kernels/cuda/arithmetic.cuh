// The functions of the loss, in float and in double.
#pragma once

#include "intrinsics.cuh"

template <class Real>
DEVICE Real infinity() {
  return static_cast<Real>(float_of_bits(0x7F800000));
}

template <class Real>
DEVICE Real not_a_number() {
  return static_cast<Real>(float_of_bits(0x7FC00000));
}

// e^(x·rate) for a product ≤ 88; 0 below −87. `log2_rate` is rate·log2 e in two parts; what rounding
// the product loses is put back, because it grows with x.
DEVICE float exp_of(float x, float log2_rate, float log2_rate_rest) {
  float t = x * log2_rate;
  float lost = fmaf(x, log2_rate_rest, fmaf(x, log2_rate, -t));
  float power = approximate_exp2(t);
  float e = fmaf(power, lost * 0.693147182f, power);
  return t < -126.0f ? 0.0f : e;
}

constexpr float LOG2_E = 1.44269502f;
constexpr float LOG2_E_REST = 1.92596303e-8f;

DEVICE float exp_of(float d) { return exp_of(d, LOG2_E, LOG2_E_REST); }

DEVICE double exp_of(double d) { return exp(d); }

DEVICE float log_of(float x) { return logf(x); }

RARE double log_of(double x) { return log(x); }

DEVICE float log1p_of(float x) { return log1pf(x); }

RARE double log1p_of(double x) { return log1p(x); }

// e^x of any x; exp_of is for those that are not positive.
DEVICE float unbounded_exp_of(float x) { return expf(x); }

DEVICE double unbounded_exp_of(double x) { return exp_of(x); }

RARE float expm1_of(float x) { return expm1f(x); }

RARE double expm1_of(double x) { return expm1(x); }

RARE float power_of(float x, float y) { return powf(x, y); }

RARE double power_of(double x, double y) { return pow(x, y); }

// tanh. Near 1 it is formed from its distance to 1, so that it is 1 where the exact value rounds to
// it: which elements tie is part of the result.
template <class Real>
DEVICE Real tanh_of(Real a) {
  Real size = a < 0 ? -a : a;
  Real t = expm1_of(2 * size);
  Real tanh = t < 6 ? t / (t + 2) : 1 - 2 / (t + 2);
  return a < 0 ? -tanh : tanh;
}

// A coefficient of 0 makes 0, also of an infinity.
template <class Real>
DEVICE Real product(Real coefficient, Real x) {
  return coefficient == 0 ? coefficient : coefficient * x;
}

// The other one where one is no number.
DEVICE float greater(float a, float b) { return fmaxf(a, b); }

DEVICE double greater(double a, double b) { return fmax(a, b); }

// e^(x·rate) for many x: distances from the shift before they are scaled.
template <class Real>
struct Exponential;

template <>
struct Exponential<float> {
  float log2_rate;
  float log2_rate_rest;

  DEVICE_MEMBER explicit Exponential(float rate)
      : log2_rate(rate * LOG2_E),
        log2_rate_rest(fmaf(rate, LOG2_E, -log2_rate) + rate * LOG2_E_REST) {}

  DEVICE_MEMBER float of(float x) const { return exp_of(x, log2_rate, log2_rate_rest); }
};

template <>
struct Exponential<double> {
  double rate;

  DEVICE_MEMBER explicit Exponential(double rate) : rate(rate) {}

  DEVICE_MEMBER double of(double x) const { return exp_of(x * rate); }
};

// What plan.TargetScan takes for a probability.
template <class Real>
DEVICE bool is_probability(Real x) {
  return x >= 0 && x <= static_cast<Real>(1 + 1e-6f);
}
