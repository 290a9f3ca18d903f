// From the statistics of a row to its output matrix: the second half of
// dev.batchloss.plan.RowEpilogue, whose first half (the losses) the host computes.
#pragma once

#include "arithmetic.cuh"
#include "elements.cuh"
#include "row_statistics.cuh"

// A probability before it is clipped.
template <class P>
DEVICE typename P::Real unclipped(
    typename P::Real x, typename P::Real input_sum, const RowParameters<typename P::Real> &call) {
  return P::has(call, NORMALIZES_BEFORE_CLIP) ? x / input_sum : x;
}

// A NaN has to stay one.
template <class Real>
DEVICE Real clipped(Real p, const RowParameters<Real> &call) {
  return p < call.clip_low ? call.clip_low : p > call.clip_high ? call.clip_high : p;
}

template <class Real>
DEVICE bool is_clipped(Real p, const RowParameters<Real> &call) {
  return p < call.clip_low || p > call.clip_high;
}

// What rows are ordered by and shifts are taken of: z, but for the factor `scale`.
template <class P>
DEVICE typename P::Real ordered(
    typename P::Real x, typename P::Real input_sum, const RowParameters<typename P::Real> &call) {
  if (P::has(call, IS_PROBABILITIES)) {
    return log_of(clipped(unclipped<P>(x, input_sum, call), call));
  }
  if (P::has(call, HAS_SOFTCAP)) {
    return call.softcap * tanh_of(x * call.softcap_slope);
  }
  return x;
}

// The row's scalars of the gradient, and what makes a z a probability.
template <class Real>
struct RowScalars {
  Real u;
  Real e;
  Real r;
  Real k;
  Real h;
  Real origin;
  Real log_normalizer;
  // exp(lse), for probabilities only.
  Real normalizer;
  // What e^(z−shift) is multiplied by, where that is all of the softmax's part in the gradient.
  Real pull;
};

// p = e^−nll; less than 0, focusing is the exponent of generalised cross-entropy.
template <class Real>
DEVICE Real focal_derivative(Real nll, Real focusing) {
  if (focusing < 0) {
    return exp_of(focusing * nll);
  }
  if (nll <= 0) {
    return 0;
  }
  Real probability = exp_of(-nll);
  Real missing = -expm1_of(-nll);
  missing = missing < 0 ? 0 : missing;
  Real slope = focusing * power_of(missing, focusing - 1) * probability * nll;
  return power_of(missing, focusing) + (probability == 0 ? 0 : slope);
}

template <class P>
DEVICE RowScalars<typename P::Real> scalars_of(
    const Totals<typename P::Real, double> &totals, typename P::Real target_shifted,
    typename P::Real target_weight, typename P::Real factor,
    const RowParameters<typename P::Real> &call) {
  using Real = typename P::Real;
  bool normalizes = P::has(call, NORMALIZES);
  RowScalars<Real> row;
  row.origin = origin_of(totals.shift);
  row.log_normalizer = 0;
  Real inverse = 1;
  if (normalizes) {
    Real sum = static_cast<Real>(totals.sum);
    sum = sum > 0 && sum < infinity<Real>() ? sum : not_a_number<Real>();
    row.log_normalizer = log_of(sum);
    inverse = 1 / sum;
  }
  Real lse = row.origin * call.scale + row.log_normalizer;
  row.normalizer = P::has(call, IS_PROBABILITIES) ? exp_of(lse) : 0;
  Real u = 0;
  Real e = 0;
  Real r = 0;
  Real h = 0;
  if (call.targets != nullptr) {
    r = call.target_share * target_weight;
    if (P::has_objective && call.focusing != 0) {
      r *= focal_derivative(row.log_normalizer - target_shifted, call.focusing);
    }
    u += normalizes ? r : 0;
  }
  if (P::has_objective) {
    if (P::returns(call, TARGET_MOMENT)) {
      h = call.target_share;
      u += normalizes ? h * static_cast<Real>(totals.target_mass) : 0;
    }
    u += normalizes ? call.smoothing_share * call.class_weight_sum : 0;
    if (call.z_loss != 0) {
      u += 2 * call.z_loss * lse;
    }
    if (call.entropy != 0 && P::returns(call, ENTROPY_MOMENT)) {
      // H − log Σ e^(z−shift) where there is a normalizer.
      u += normalizes ? call.entropy * static_cast<Real>(totals.entropy_moment / totals.sum)
                      : -call.entropy;
      e -= call.entropy;
    }
  }
  row.u = factor * u;
  row.pull = row.u * inverse * call.logit_scale;
  row.e = factor * e;
  row.r = factor * r;
  row.k = P::has_objective ? factor * call.smoothing_share : 0;
  row.h = factor * h;
  return row;
}

// u + e·(z−shift).
template <class P>
DEVICE typename P::Real inclination(
    const RowScalars<typename P::Real> &row, typename P::Real d,
    const RowParameters<typename P::Real> &call) {
  return P::has_objective && call.entropy != 0 ? row.u + row.e * d : row.u;
}

// p·(u + e·(z−shift)): where p is 0 its logarithm is −∞, and p·log p is 0.
template <class P>
DEVICE typename P::Real pull_of(
    const RowScalars<typename P::Real> &row, typename P::Real d,
    const RowParameters<typename P::Real> &call) {
  if (!P::has(call, NORMALIZES) && call.entropy == 0) {
    return 0;
  }
  typename P::Real p = exp_of(d - row.log_normalizer);
  return p == 0 ? 0 : p * inclination<P>(row, d, call);
}

// What the target and the smoothing take from the gradient.
template <class P>
DEVICE typename P::Real push_of(
    const RowScalars<typename P::Real> &row, const Element<typename P::Real> &element,
    bool is_target, const RowParameters<typename P::Real> &call) {
  typename P::Real push = P::has_objective ? row.k * element.w : 0;
  if (P::returns(call, TARGET_MOMENT)) {
    push += row.h * element.w * element.q;
  }
  return is_target ? push + row.r : push;
}

// pull − push of unclipped probabilities: Σ of it is what dividing by the row's sum takes away. NaN,
// which p − p then is, where the sum makes no distribution of the row.
template <class P>
DEVICE typename P::Real mean_term(
    const RowScalars<typename P::Real> &row, const Element<typename P::Real> &element,
    typename P::Real input_sum, bool is_target, const RowParameters<typename P::Real> &call) {
  typename P::Real p = unclipped<P>(element.x, input_sum, call);
  if (is_clipped(p, call)) {
    return 0;
  }
  typename P::Real pull = pull_of<P>(row, element.z - row.origin, call);
  return pull - push_of<P>(row, element, is_target, call) + (p - p);
}

// The derivative by a probability.
template <class P>
DEVICE typename P::Real probability_gradient(
    const RowScalars<typename P::Real> &row, const Element<typename P::Real> &element,
    typename P::Real input_sum, typename P::Real mean, bool is_target,
    const RowParameters<typename P::Real> &call) {
  using Real = typename P::Real;
  Real p = unclipped<P>(element.x, input_sum, call);
  Real push = push_of<P>(row, element, is_target, call);
  Real taken = push == 0 ? 0 : push / clipped(p, call);
  Real d = (element.z - row.origin) * call.scale;
  Real derivative = inclination<P>(row, d, call) / row.normalizer - taken;
  Real kept = is_clipped(p, call) ? 0 : derivative;
  return P::has(call, NORMALIZES_BEFORE_CLIP) ? (kept - mean) / input_sum : kept;
}

// Whether the gradient of a logit is e^(z−shift)·pull − push.
template <class P>
DEVICE bool is_plain_gradient(const RowParameters<typename P::Real> &call) {
  return P::has(call, NORMALIZES) && P::has(call, WRITES_GRADIENT) &&
         !P::has(call, IS_PROBABILITIES) && !P::has(call, HAS_SOFTCAP) &&
         (!P::has_objective || call.entropy == 0);
}

// The element of the output matrix.
template <class P>
DEVICE typename P::Real output_of(
    const RowScalars<typename P::Real> &row, const Element<typename P::Real> &element,
    typename P::Real input_sum, typename P::Real mean, bool is_target,
    const Exponential<typename P::Real> &exponential,
    const RowParameters<typename P::Real> &call) {
  using Real = typename P::Real;
  if (is_plain_gradient<P>(call)) {
    Real push = push_of<P>(row, element, is_target, call);
    return exponential.of(element.z - row.origin) * row.pull - call.logit_scale * push;
  }
  Real d = (element.z - row.origin) * call.scale;
  if (P::has(call, WRITES_LOG_SOFTMAX)) {
    return d - row.log_normalizer;
  }
  if (P::has(call, WRITES_SOFTMAX)) {
    return exp_of(d - row.log_normalizer);
  }
  if (P::has(call, IS_PROBABILITIES)) {
    return probability_gradient<P>(row, element, input_sum, mean, is_target, call);
  }
  Real dz = pull_of<P>(row, d, call) - push_of<P>(row, element, is_target, call);
  if (P::has(call, HAS_SOFTCAP)) {
    Real share = element.z / call.softcap;
    return call.logit_scale * (1 - share * share) * dz;
  }
  return call.logit_scale * dz;
}

// Stores into a column of the row.
template <class P, class Number>
DEVICE void put(
    Number x, RowColumn column, long long row, const RowParameters<typename P::Real> &call) {
  if (P::returns(call, column)) {
    call.column_memory[count_bits(call.columns & (column - 1)) * call.rows + row] =
        static_cast<typename P::Real>(x);
  }
}

// Integers travel in the bits of the column's type.
template <class P>
DEVICE void put_integer(
    int x, RowColumn column, long long row, const RowParameters<typename P::Real> &call) {
  put<P>(integer_as(typename P::Real(), x), column, row, call);
}

template <class P>
DEVICE void put_class(
    int x, RowColumn column, long long row, const RowParameters<typename P::Real> &call) {
  put_integer<P>(x == NO_CLASS ? -1 : x, column, row, call);
}

template <class P>
DEVICE void store_columns(
    const Totals<typename P::Real, double> &totals, typename P::Real target_ordered, long long row,
    const RowParameters<typename P::Real> &call) {
  typename P::Real origin = origin_of(totals.shift);
  put<P>(origin, SHIFT, row, call);
  put<P>(totals.sum, SUM, row, call);
  put<P>(target_ordered, TARGET_ORDERED, row, call);
  put<P>(totals.class_moment, CLASS_MOMENT, row, call);
  put<P>(totals.target_moment, TARGET_MOMENT, row, call);
  put<P>(totals.target_mass, TARGET_MASS, row, call);
  put<P>(totals.plain_target_moment, PLAIN_TARGET_MOMENT, row, call);
  put<P>(totals.plain_target_mass, PLAIN_TARGET_MASS, row, call);
  put<P>(totals.target_negentropy, TARGET_NEGENTROPY, row, call);
  put<P>(totals.entropy_moment, ENTROPY_MOMENT, row, call);
  put<P>(totals.square_sum, SQUARE_SUM, row, call);
  put<P>(totals.target_product, TARGET_PRODUCT, row, call);
  put<P>(totals.target_square_sum, TARGET_SQUARE_SUM, row, call);
  put<P>((totals.maximum - origin) * call.scale, MAXIMUM, row, call);
  put_class<P>(totals.argmax, ARGMAX, row, call);
  put_class<P>(totals.target_argmax, TARGET_ARGMAX, row, call);
  put_integer<P>(totals.above + 1, RANK, row, call);
  put<P>(totals.input_sum, INPUT_SUM, row, call);
  put_class<P>(totals.bad_class, BAD_CLASS, row, call);
  put_class<P>(totals.bad_target_class, BAD_TARGET_CLASS, row, call);
}
