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

// e^d for d ≤ 88; 0 below −87. What rounding d·log2 e loses is put back, because it grows with d.
DEVICE float exp_of(float d) {
  const float log2_e = 1.44269502f;
  const float log2_e_rest = 1.92596303e-8f;
  float t = d * log2_e;
  float lost = fmaf(d, log2_e_rest, fmaf(d, log2_e, -t));
  float power = approximate_exp2(t);
  float e = fmaf(power, lost * 0.693147182f, power);
  return d < -87.0f ? 0.0f : e;
}

DEVICE double exp_of(double d) { return exp(d); }

DEVICE float log_of(float x) { return logf(x); }

RARE double log_of(double x) { return log(x); }

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

template <class Real>
DEVICE Real greater(Real a, Real b) {
  return b > a ? b : a;
}

// What plan.TargetScan takes for a probability.
template <class Real>
DEVICE bool is_probability(Real x) {
  return x >= 0 && x <= static_cast<Real>(1 + 1e-6f);
}
