// The pair plan in one arithmetic: -DARITHMETIC=float or double. Statistics of both rows come
// first, then what joins them, then the gradient, for which the rows are read once more.
#include "comparison_rows.cuh"
#include "element_function.cuh"

template <class Real>
using PairCall = ComparisonParameters<Real, PairNumbers<Real>>;

// p = softmax(s·x) and q = softmax(s·y) of a row.
template <class Real>
struct Distributions {
  Real greatest_x;
  Real greatest_y;
  Real inverse_sum_x;
  Real inverse_sum_y;
  // log Σ e^dy − log Σ e^dx.
  Real log_ratio;
};

// A class of both; d is the distance from the row's greatest, scaled.
template <class Real>
struct ClassOfPair {
  Real dx;
  Real dy;
  Real ex;
  Real ey;
};

template <class Real>
DEVICE ClassOfPair<Real> class_of_pair(
    const ComparedRow<Real> &row, const Distributions<Real> &of, unsigned c,
    const PairCall<Real> &call) {
  // Shifted before they are scaled: of 1e30 and its neighbour only the difference matters.
  Real dx = call.numbers.logit_scale * (element_at<Real>(row.x, c) - of.greatest_x);
  Real dy = call.numbers.logit_scale * (element_at<Real>(row.y, c) - of.greatest_y);
  return {dx, dy, exp_of(dx), exp_of(dy)};
}

// ln(p / ½(p + q)) = −ln((1 + q/p)/2), also where q/p is beyond all bounds; d = ln q − ln p.
template <class Real>
DEVICE Real log_ratio_to_middle(Real d) {
  return LN2<Real> - at_least<Real>(0, d) - log1p_of(exp_of(-size_of(d)));
}

// ln q − ln p of a class.
template <class Real>
DEVICE Real log_quotient(const ClassOfPair<Real> &at, const Distributions<Real> &of) {
  return at.dy - at.dx - of.log_ratio;
}

// How far apart two distributions are.
struct Divergence {
  double value;
  // KL(p ‖ ½(p + q)), of Jensen and Shannon's.
  double of_x;
};

// What makes classes of both rows probabilities; the same in every thread of the group.
template <class Real, class Group>
DEVICE void find_greatest(
    Distributions<Real> &of, const ComparedRow<Real> &row, const Group &group) {
  Real x = -infinity<Real>();
  Real y = -infinity<Real>();
  for (unsigned c = group.rank(); c < row.classes; c += group.size()) {
    x = greater(x, element_at<Real>(row.x, c));
    y = greater(y, element_at<Real>(row.y, c));
  }
  of.greatest_x = static_cast<Real>(group.greatest(static_cast<double>(x)));
  of.greatest_y = static_cast<Real>(group.greatest(static_cast<double>(y)));
}

// Also gives the divergence of Kullback and Leibler: once its terms are summed, logarithms of the
// rows' sums are all that is missing.
template <class Real, class Group>
DEVICE Divergence sum_distributions(
    Distributions<Real> &of, const ComparedRow<Real> &row, const Group &group,
    const PairCall<Real> &call) {
  double sum_x = 0;
  double sum_y = 0;
  // Σ e^dy·(dy − dx), or Σ e^dx·(dx − dy).
  double moment = 0;
#pragma unroll 1
  for (unsigned c = group.rank(); c < row.classes; c += group.size()) {
    ClassOfPair<Real> at = class_of_pair(row, of, c, call);
    sum_x += at.ex;
    sum_y += at.ey;
    moment += call.function == FORWARD_KL ? product(at.ey, at.dy - at.dx)
                                          : product(at.ex, at.dx - at.dy);
  }
  sum_x = group.sum(sum_x);
  sum_y = group.sum(sum_y);
  moment = group.sum(moment);
  of.inverse_sum_x = static_cast<Real>(1 / sum_x);
  of.inverse_sum_y = static_cast<Real>(1 / sum_y);
  of.log_ratio = log_of(static_cast<Real>(sum_y / sum_x));
  double value = call.function == FORWARD_KL ? moment / sum_y - of.log_ratio
                                             : moment / sum_x + of.log_ratio;
  return {value, 0};
}

template <class Real, class Group>
DEVICE Divergence divergence_from_middle(
    const Distributions<Real> &of, const ComparedRow<Real> &row, const Group &group,
    const PairCall<Real> &call) {
  double of_x = 0;
  double of_y = 0;
#pragma unroll 1
  for (unsigned c = group.rank(); c < row.classes; c += group.size()) {
    ClassOfPair<Real> at = class_of_pair(row, of, c, call);
    Real d = log_quotient(at, of);
    of_x += product(at.ex * of.inverse_sum_x, log_ratio_to_middle(d));
    of_y += product(at.ey * of.inverse_sum_y, log_ratio_to_middle(-d));
  }
  of_x = group.sum(of_x);
  of_y = group.sum(of_y);
  return {of_x / 2 + of_y / 2, of_x};
}

template <class Real>
DEVICE Real divergence_slope(
    const ClassOfPair<Real> &at, const Distributions<Real> &of, const Divergence &divergence,
    const PairCall<Real> &call) {
  Real p = at.ex * of.inverse_sum_x;
  Real d = log_quotient(at, of);
  switch (call.function) {
    case FORWARD_KL:
      return p - at.ey * of.inverse_sum_y;
    case REVERSE_KL:
      return product(p, -d - static_cast<Real>(divergence.value));
    default:
      return product(p, log_ratio_to_middle(d) - static_cast<Real>(divergence.of_x)) / 2;
  }
}

template <class Real, class Group>
DEVICE void compare_distributions(
    const ComparedRow<Real> &row, const Group &group, const PairCall<Real> &call) {
  Distributions<Real> of;
  find_greatest(of, row, group);
  Divergence divergence = sum_distributions(of, row, group, call);
  if (call.function == JENSEN_SHANNON) {
    divergence = divergence_from_middle(of, row, group, call);
  }
  put_number(static_cast<Real>(divergence.value), LOSS, row, group, call);
  if (call.writes == NOTHING) {
    return;
  }
#pragma unroll 1
  for (unsigned c = group.rank(); c < row.classes; c += group.size()) {
    Real slope = divergence_slope(class_of_pair(row, of, c, call), of, divergence, call);
    store_element(row.output, c, row.output_factor * call.numbers.logit_scale * slope);
  }
}

// All of it in double: squares of floats may be beyond the greatest float.
template <class Real, class Group>
DEVICE void compare_directions(
    const ComparedRow<Real> &row, const Group &group, const PairCall<Real> &call) {
  double dot = 0;
  double squares_of_x = 0;
  double squares_of_y = 0;
  for (unsigned c = group.rank(); c < row.classes; c += group.size()) {
    double x = element_at<Real>(row.x, c);
    double y = element_at<Real>(row.y, c);
    dot += x * y;
    squares_of_x += x * x;
    squares_of_y += y * y;
  }
  const double epsilon = call.numbers.epsilon;
  double norm_of_x = sqrt(group.sum(squares_of_x));
  double norm_of_y = at_least(epsilon, sqrt(group.sum(squares_of_y)));
  double norms = at_least(epsilon, norm_of_x) * norm_of_y;
  double value = -group.sum(dot) / norms;
  put_number(static_cast<Real>(value), LOSS, row, group, call);
  if (call.writes == NOTHING) {
    return;
  }
  double y_share = -1 / norms;
  // A norm below epsilon is a constant.
  double x_share = norm_of_x > epsilon ? value / (norm_of_x * norm_of_x) : 0;
  for (unsigned c = group.rank(); c < row.classes; c += group.size()) {
    double x = element_at<Real>(row.x, c);
    double y = element_at<Real>(row.y, c);
    double slope = y_share * y - product(x_share, x);
    store_element(row.output, c, static_cast<Real>(row.output_factor * slope));
  }
}

template <class Real, class Group>
DEVICE void compare_margins(
    const ComparedRow<Real> &row, const Group &group, const PairCall<Real> &call) {
  double positive = 0;
  double negative = -infinity<double>();
  int greatest = 0;
  for (unsigned c = group.rank(); c < row.classes; c += group.size()) {
    double x = element_at<Real>(row.x, c);
    double y = element_at<Real>(row.y, c);
    double other = (1 - y) * x;
    // A NaN is greater than nothing, and has to be in the result.
    positive += other != other ? other : y * x;
    keep_greater(negative, greatest, other, static_cast<int>(c));
  }
  group.first_greatest(negative, greatest);
  double value = at_least<double>(0, 1 + negative - group.sum(positive));
  put_number(static_cast<Real>(value), LOSS, row, group, call);
  if (call.writes == NOTHING) {
    return;
  }
  for (unsigned c = group.rank(); c < row.classes; c += group.size()) {
    Real y = element_at<Real>(row.y, c);
    Real slope = static_cast<int>(c) == greatest ? 1 - y - y : -y;
    slope = value > 0 ? slope : static_cast<Real>(value);
    store_element(row.output, c, row.output_factor * slope);
  }
}

template <class Real, class Group>
DEVICE void compare_pairs(
    long long index, const Group &group, const PairCall<Real> &call) {
  const ComparedRow<Real> row = compared_row(index, call);
  switch (call.function) {
    case COSINE_SIMILARITY:
      compare_directions(row, group, call);
      break;
    case CATEGORICAL_HINGE:
      compare_margins(row, group, call);
      break;
    default:
      compare_distributions(row, group, call);
  }
}

COMPARISON_KERNELS(pairs, PairCall<ARITHMETIC>, compare_pairs)
