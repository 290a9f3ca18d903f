// The element plan in one arithmetic: -DARITHMETIC=float or double. One pass over the matrices
// gives the row's loss and each element of the output.
#include "comparison_rows.cuh"
#include "element_function.cuh"

// The least class of a group; NO_CLASS where no thread has one.
template <class Group>
DEVICE int first_of(int c, const Group &group) {
  return static_cast<int>(-group.greatest(-static_cast<double>(c)));
}

template <class Real>
using ElementCall = ComparisonParameters<Real, ElementNumbers<Real>>;

template <class Real, class Group>
DEVICE void compare_elements(
    long long index, const Group &group, const ElementCall<Real> &call) {
  const ComparedRow<Real> row = compared_row(index, call);
  const ElementFunction<Real> function{call.function, call.numbers};
  double loss = 0;
  double matches = 0;
  int bad_class = NO_CLASS;
  int bad_target_class = NO_CLASS;
#pragma unroll 1
  for (unsigned c = group.rank(); c < row.classes; c += group.size()) {
    Real x = element_at<Real>(row.x, c);
    Real target = element_at<Real>(row.y, c);
    Real weight = row.weights == nullptr ? 1 : row.weights[c * row.weight_stride];
    Real positive_weight = call.positive_weights == nullptr ? 1 : call.positive_weights[c];
    Real y = call.numbers.target_scale * target + call.numbers.target_offset;
    Real value = weight * function.value(x, y, positive_weight);
    loss += value;
    if (returns(call, MATCHES)) {
      matches += function.matches(x, y);
    }
    if (returns(call, BAD_CLASS) && !is_probability(x)) {
      bad_class = min(bad_class, static_cast<int>(c));
    }
    if (returns(call, BAD_TARGET_CLASS) && !is_probability(target)) {
      bad_target_class = min(bad_target_class, static_cast<int>(c));
    }
    if (call.writes == SLOPES) {
      Real slope = function.slope(x, y, positive_weight);
      store_element(row.output, c, row.output_factor * weight * slope);
    } else if (call.writes == LOSSES) {
      store_element(row.output, c, row.output_factor * value);
    }
  }
  put_number(static_cast<Real>(group.sum(loss)), LOSS, row, group, call);
  if (returns(call, MATCHES)) {
    int sum = static_cast<int>(group.sum(matches));
    put_number(integer_as(Real(), sum), MATCHES, row, group, call);
  }
  if (returns(call, BAD_CLASS)) {
    int first = first_of(bad_class, group);
    put_number(integer_as(Real(), first == NO_CLASS ? -1 : first), BAD_CLASS, row, group, call);
  }
  if (returns(call, BAD_TARGET_CLASS)) {
    int first = first_of(bad_target_class, group);
    put_number(
        integer_as(Real(), first == NO_CLASS ? -1 : first), BAD_TARGET_CLASS, row, group, call);
  }
}

COMPARISON_KERNELS(elements, ElementCall<ARITHMETIC>, compare_elements)
