// What a kernel that compares two matrices is given: one structure, passed by value.
// dev.batchloss.cuda.ComparisonParameters writes it field by field; a field changes in both places
// or in neither. Matrices, rows and columns are as in row_parameters.cuh.
#pragma once

#include "row_parameters.cuh"

// In the order of dev.batchloss.plan.ElementFunction.Kind.
enum ElementKind {
  BINARY_CROSS_ENTROPY_LOGITS,
  BINARY_CROSS_ENTROPY,
  BINARY_FOCAL_LOGITS,
  BINARY_FOCAL,
  KL_DIVERGENCE,
  KL_DIVERGENCE_LOG_TARGETS,
  KL_DIVERGENCE_PROBABILITIES,
  SQUARED_ERROR,
  ABSOLUTE_ERROR,
  ABSOLUTE_PERCENTAGE_ERROR,
  SQUARED_LOGARITHMIC_ERROR,
  HUBER,
  LOG_COSH,
  POISSON,
  POISSON_LOGARITHMIC,
  HINGE,
  SQUARED_HINGE,
};

// In the order of dev.batchloss.plan.PairFunction.
enum PairKind {
  FORWARD_KL,
  REVERSE_KL,
  JENSEN_SHANNON,
  COSINE_SIMILARITY,
  CATEGORICAL_HINGE,
};

// What the output matrix receives, times the row's factor.
enum ComparisonOutput {
  NOTHING,
  // The derivative of what was added up.
  SLOPES,
  // What each element adds.
  LOSSES,
};

// The numbers of a plan, in the order of dev.batchloss.device.ComparisonNumbers.
template <class Real>
struct ElementNumbers {
  Real target_scale;
  Real target_offset;
  // 1 where a coefficient of 0 makes 0 of an infinity, 0 where it makes NaN.
  Real zero_takes_infinity;
  Real clip_low;
  Real clip_high;
  Real log_floor;
  Real slope_floor;
  // NaN for none.
  Real alpha;
  Real gamma;
  Real delta;
  Real factor;
  Real epsilon;
  Real target_term;
  // The factor of every row that has none of its own.
  Real output_scale;
};

template <class Real>
struct PairNumbers {
  // Of both rows.
  Real logit_scale;
  Real epsilon;
  Real output_scale;
};

// Real is what the kernels compute in: float, or double.
template <class Real, class Numbers>
struct ComparisonParameters {
  const void *input;
  void *output;
  // Column k of row r is number k·rows + r; integers travel in the bits of a Real.
  Real *column_memory;
  const void *targets;
  // Null for ones; strides of 0 spread them.
  const Real *element_weights;
  // What the output of each row is multiplied by; null where one number serves all.
  const Real *row_factors;
  // Of y, one a class; null for ones.
  const Real *positive_weights;
  long long rows;
  long long inner;
  Strides input_strides;
  Strides output_strides;
  Strides target_strides;
  Strides weight_strides;
  int classes;
  // Threads of a warp that share a row where a block takes several: a power of two.
  int lanes;
  // An ElementKind or a PairKind.
  int function;
  // A ComparisonOutput.
  int writes;
  unsigned columns;
  int input_type;
  int output_type;
  int target_type;
  Numbers numbers;
};

// Threads of a block whose warps take rows.
constexpr int COMPARISON_LANES_THREADS = 128;
