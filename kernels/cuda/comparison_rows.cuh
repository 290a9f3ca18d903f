// The rows of a comparison, element by element: neighbouring threads of a group take neighbouring
// classes. What they add up they add in double, in an order that follows from the group's size.
#pragma once

#include "arithmetic.cuh"
#include "comparison_parameters.cuh"
#include "elements.cuh"
#include "groups.cuh"

using ComparisonBlock = Block<double>;
using ComparisonMemory = BlockMemory<double>;

template <class Real>
struct ComparedRow {
  Line x;
  Line y;
  Line output;
  // Null where all are 1.
  const Real *weights;
  long long weight_stride;
  Real output_factor;
  long long index;
  // A thread without a row takes part in what a warp does together.
  bool exists;
  // None where there is no row.
  unsigned classes;
};

template <class Real, class Numbers>
DEVICE ComparedRow<Real> compared_row(
    long long index, const ComparisonParameters<Real, Numbers> &call) {
  ComparedRow<Real> row;
  row.exists = index < call.rows;
  row.index = row.exists ? index : 0;
  row.classes = row.exists ? call.classes : 0;
  long long outer = call.inner == 1 ? row.index : row.index / call.inner;
  long long inner = call.inner == 1 ? 0 : row.index - outer * call.inner;
  // The stride of classes is taken as it is, whether they follow each other or not.
  constexpr Layout any = Layout::kAcross;
  row.x = line_of<any>(call.input, call.input_type, call.input_strides, outer, inner);
  row.y = line_of<any>(call.targets, call.target_type, call.target_strides, outer, inner);
  row.output = line_of<any>(call.output, call.output_type, call.output_strides, outer, inner);
  row.weights = nullptr;
  row.weight_stride = call.weight_strides.classes;
  if (call.element_weights != nullptr) {
    row.weights = call.element_weights + outer * call.weight_strides.outer +
                  inner * call.weight_strides.inner;
  }
  row.output_factor =
      call.row_factors == nullptr ? call.numbers.output_scale : call.row_factors[row.index];
  return row;
}

template <class Real>
DEVICE Real element_at(const Line &line, unsigned c) {
  return load_element<Real>(line.start, line.type, c * line.stride);
}

template <int TYPE, class Real>
DEVICE void store_typed(void *row, long long at, Real x) {
  static_cast<typename Stored<TYPE>::Element *>(row)[at] = Stored<TYPE>::store(x);
}

template <class Real>
DEVICE void store_element(const Line &line, unsigned c, Real x) {
  void *row = const_cast<void *>(line.start);
  DISPATCH(line.type, store_typed, row, c * line.stride, x)
}

template <class Real, class Numbers>
DEVICE bool returns(const ComparisonParameters<Real, Numbers> &call, RowColumn column) {
  return (call.columns & column) != 0;
}

// Stores into a column of the row; by one of the threads that share it.
template <class Real, class Numbers, class Group>
DEVICE void put_number(
    Real x, RowColumn column, const ComparedRow<Real> &row, const Group &group,
    const ComparisonParameters<Real, Numbers> &call) {
  if (returns(call, column) && group.rank() == 0 && row.exists) {
    call.column_memory[count_bits(call.columns & (column - 1)) * call.rows + row.index] = x;
  }
}

// A kernel in which lanes of a warp share a row, and one in which a block takes one.
#define COMPARISON_KERNELS(name, Call, compare)                                        \
  KERNEL(COMPARISON_LANES_THREADS, 4) name##_lanes(PARAMETER Call call) {              \
    const long long rows_of_block = COMPARISON_LANES_THREADS / call.lanes;             \
    compare(                                                                           \
        block_of_grid() * rows_of_block + thread_of_block() / call.lanes,              \
        Lanes{call.lanes}, call);                                                      \
  }                                                                                    \
  KERNEL(BLOCK_THREADS, 2) name##_block(PARAMETER Call call) {                         \
    BLOCK_MEMORY ComparisonMemory memory;                                              \
    compare(block_of_grid(), ComparisonBlock{&memory}, call);                          \
  }
