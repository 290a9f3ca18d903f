// The statistics of classes, and how they are put together. Terms are relative to a shift, about the
// greatest element so far.
//
//   Real   the type of the terms
//   Total  the type in which they are added up
#pragma once

#include "arithmetic.cuh"
#include "intrinsics.cuh"
#include "row_parameters.cuh"

// Field, and the column for which it is needed. The first sum always is.
#define EACH_SUM(DO)                            \
  DO(class_moment, CLASS_MOMENT)                \
  DO(class_mass, CLASS_MOMENT)                  \
  DO(target_moment, TARGET_MOMENT)              \
  DO(target_mass, TARGET_MOMENT)                \
  DO(plain_target_moment, PLAIN_TARGET_MOMENT)  \
  DO(plain_target_mass, PLAIN_TARGET_MOMENT)    \
  DO(target_negentropy, TARGET_NEGENTROPY)      \
  DO(entropy_moment, ENTROPY_MOMENT)            \
  DO(square_sum, SQUARE_SUM)                    \
  DO(input_sum, INPUT_SUM)                      \
  DO(target_product, TARGET_PRODUCT)            \
  DO(target_square_sum, TARGET_PRODUCT)

// No class is this one: what `bad_class` and its like hold where none is bad.
constexpr int NO_CLASS = 0x7FFFFFFF;

// Of one block of classes.
template <class Real>
struct Sums {
  Real sum;
#define DECLARE(field, column) Real field;
  EACH_SUM(DECLARE)
#undef DECLARE
};

// Of the classes so far.
template <class Real, class Total>
struct Totals {
  Total sum;
#define DECLARE(field, column) Total field;
  EACH_SUM(DECLARE)
#undef DECLARE
  Real shift;
  Real maximum;
  Real target_maximum;
  int argmax;
  int target_argmax;
  int above;
  int bad_class;
  int bad_target_class;
};

template <class Real>
DEVICE Sums<Real> no_sums() {
  Sums<Real> sums;
  sums.sum = 0;
#define CLEAR(field, column) sums.field = 0;
  EACH_SUM(CLEAR)
#undef CLEAR
  return sums;
}

template <class P, class Total>
DEVICE Totals<typename P::Real, Total> no_totals(const RowParameters<typename P::Real> &call) {
  using Real = typename P::Real;
  Totals<Real, Total> totals;
  totals.sum = 0;
#define CLEAR(field, column) totals.field = 0;
  EACH_SUM(CLEAR)
#undef CLEAR
  totals.shift = P::has(call, NORMALIZES) ? -infinity<Real>() : 0;
  totals.maximum = -infinity<Real>();
  totals.target_maximum = -infinity<Real>();
  totals.argmax = 0;
  totals.target_argmax = 0;
  totals.above = 0;
  totals.bad_class = NO_CLASS;
  totals.bad_target_class = NO_CLASS;
  return totals;
}

// One class of a row.
template <class Real>
struct Element {
  // As it was given.
  Real x;
  // What rows are ordered by.
  Real z;
  // Its weight.
  Real w;
  // Its probability in the target distribution.
  Real q;
  // Not what stands behind the last class.
  bool exists;
};

// What a target's coefficient makes of z − shift.
template <class P>
DEVICE typename P::Real target_product(
    typename P::Real coefficient, typename P::Real d, bool exists,
    const RowParameters<typename P::Real> &call) {
  bool is_left_out = !exists || !P::has(call, ZERO_TIMES_INFINITY_IS_NAN);
  return is_left_out ? product(coefficient, d) : coefficient * d;
}

// Adds the terms of one class; `away` is how far it is from the shift, before scaling. The sum of an
// octet is added up by itself, so that additions of several octets do not wait for each other.
template <class P>
DEVICE void add_terms(
    typename P::Real &octet_sum, Sums<typename P::Real> &sums,
    const Element<typename P::Real> &element, typename P::Real away,
    const Exponential<typename P::Real> &exponential,
    const RowParameters<typename P::Real> &call) {
  using Real = typename P::Real;
  Real e = exponential.of(away);
  Real d = away * call.scale;
  octet_sum += e;
  if (P::returns(call, CLASS_MOMENT)) {
    sums.class_moment += product(element.w, d);
    sums.class_mass += element.w;
  }
  if (P::returns(call, TARGET_MOMENT)) {
    Real share = element.w * element.q;
    sums.target_moment += target_product<P>(share, d, element.exists, call);
    sums.target_mass += share;
  }
  if (P::returns(call, PLAIN_TARGET_MOMENT)) {
    sums.plain_target_moment += target_product<P>(element.q, d, element.exists, call);
    sums.plain_target_mass += element.q;
  }
  if (P::returns(call, TARGET_NEGENTROPY)) {
    sums.target_negentropy += product(element.w * element.q, log_of(element.q));
  }
  if (P::returns(call, ENTROPY_MOMENT)) {
    sums.entropy_moment += product(e, d);
  }
  if (P::returns(call, SQUARE_SUM)) {
    sums.square_sum += e * e;
  }
  if (P::returns(call, TARGET_PRODUCT)) {
    sums.target_product += element.q * e;
    sums.target_square_sum += element.q * element.q;
  }
  if (P::returns(call, INPUT_SUM)) {
    sums.input_sum += element.x;
  }
}

// What is subtracted from elements: nothing while there are only −∞ and NaN, whose terms are the
// same under every shift.
template <class Real>
DEVICE Real origin_of(Real shift) {
  return shift == -infinity<Real>() ? 0 : shift;
}

// Expresses the totals relative to a shift that is not smaller.
template <class P, class Total>
DEVICE void move_shift(
    Totals<typename P::Real, Total> &totals, typename P::Real to,
    const RowParameters<typename P::Real> &call) {
  if (!P::has(call, NORMALIZES) || totals.shift == to) {
    return;
  }
  // Where nothing is finite yet the totals are the same under every shift.
  if (totals.shift != -infinity<typename P::Real>()) {
    Total delta = static_cast<Total>((totals.shift - to) * call.scale);
    Total factor = exp_of(delta);
    if (P::returns(call, ENTROPY_MOMENT)) {
      totals.entropy_moment =
          factor == 0 ? 0 : factor * (totals.entropy_moment + totals.sum * delta);
    }
    totals.sum *= factor;
    if (P::returns(call, SQUARE_SUM)) {
      totals.square_sum *= factor * factor;
    }
    if (P::returns(call, TARGET_PRODUCT)) {
      totals.target_product *= factor;
    }
    if (P::returns(call, CLASS_MOMENT)) {
      totals.class_moment += product(totals.class_mass, delta);
    }
    if (P::returns(call, TARGET_MOMENT)) {
      totals.target_moment += product(totals.target_mass, delta);
    }
    if (P::returns(call, PLAIN_TARGET_MOMENT)) {
      totals.plain_target_moment += product(totals.plain_target_mass, delta);
    }
  }
  totals.shift = to;
}

// Of equal ones the first class counts.
template <class Real>
DEVICE void keep_greater(Real &maximum, int &argmax, Real other, int other_argmax) {
  if (other > maximum || (other == maximum && other_argmax < argmax)) {
    maximum = other;
    argmax = other_argmax;
  }
}

template <class P, class Total>
DEVICE void add_block(
    Totals<typename P::Real, Total> &totals, const Sums<typename P::Real> &sums,
    const RowParameters<typename P::Real> &call) {
  totals.sum += static_cast<Total>(sums.sum);
#define ADD(field, column)                          \
  if (P::returns(call, column)) {                   \
    totals.field += static_cast<Total>(sums.field); \
  }
  EACH_SUM(ADD)
#undef ADD
}

// Adds the totals of other classes, relative to the same shift.
template <class P, class Total>
DEVICE void add_aligned(
    Totals<typename P::Real, Total> &totals, const Totals<typename P::Real, Total> &others,
    const RowParameters<typename P::Real> &call) {
  totals.sum += others.sum;
#define ADD(field, column)        \
  if (P::returns(call, column)) { \
    totals.field += others.field; \
  }
  EACH_SUM(ADD)
#undef ADD
  if (P::returns(call, RANK)) {
    totals.above += others.above;
  }
  if (P::returns(call, MAXIMUM)) {
    keep_greater(totals.maximum, totals.argmax, others.maximum, others.argmax);
  }
  if (P::returns(call, TARGET_ARGMAX)) {
    keep_greater(
        totals.target_maximum, totals.target_argmax, others.target_maximum, others.target_argmax);
  }
  if (P::returns(call, BAD_CLASS)) {
    totals.bad_class = min(totals.bad_class, others.bad_class);
  }
  if (P::returns(call, BAD_TARGET_CLASS)) {
    totals.bad_target_class = min(totals.bad_target_class, others.bad_target_class);
  }
}

// The totals with sums of another type.
template <class P, class Total, class Other>
DEVICE Totals<typename P::Real, Total> totals_of(const Totals<typename P::Real, Other> &others) {
  Totals<typename P::Real, Total> totals;
  totals.sum = static_cast<Total>(others.sum);
#define CONVERT(field, column) totals.field = static_cast<Total>(others.field);
  EACH_SUM(CONVERT)
#undef CONVERT
  totals.shift = others.shift;
  totals.maximum = others.maximum;
  totals.target_maximum = others.target_maximum;
  totals.argmax = others.argmax;
  totals.target_argmax = others.target_argmax;
  totals.above = others.above;
  totals.bad_class = others.bad_class;
  totals.bad_target_class = others.bad_target_class;
  return totals;
}

// Adds the totals of a segment to those of the segments before it: in double, for there may be
// many.
template <class P>
DEVICE void add_segment(
    Totals<typename P::Real, double> &totals,
    const Totals<typename P::Real, typename P::Real> &segment,
    const RowParameters<typename P::Real> &call) {
  Totals<typename P::Real, double> next = totals_of<P, double>(segment);
  typename P::Real shift = greater(totals.shift, next.shift);
  move_shift<P>(totals, shift, call);
  move_shift<P>(next, shift, call);
  add_aligned<P>(totals, next, call);
}
