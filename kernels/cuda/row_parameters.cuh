// What a row kernel is given: one structure, passed by value. dev.batchloss.cuda.RowParameters writes
// it field by field; a field changes in both places or in neither.
//
// Element (outer o, class c, inner i) of a matrix stands at o·outer_stride + c·class_stride +
// i·inner_stride elements from its pointer; row r has o = r / inner and i = r % inner. A class
// target of −1 is an ignored row. A pointer to what a call does not have is null.
#pragma once

enum ElementType { FLOAT32, FLOAT64, FLOAT16, BFLOAT16 };

enum RowFlag : unsigned {
  // An ignored row has statistics and an output all the same.
  READS_IGNORED = 1,
  // z − lse is the logarithm of a probability; else z is.
  NORMALIZES = 2,
  IS_PROBABILITIES = 4,
  HAS_SOFTCAP = 8,
  NORMALIZES_BEFORE_CLIP = 16,
  WRITES_GRADIENT = 32,
  WRITES_LOG_SOFTMAX = 64,
  WRITES_SOFTMAX = 128,
  // The launch has shared memory for a whole row.
  KEEPS_ROW = 256,
  // In the target moments; else 0.
  ZERO_TIMES_INFINITY_IS_NAN = 512,
};

// In the order of dev.batchloss.device.RowColumn; `columns` in RowParameters is a set of them.
enum RowColumn : unsigned {
  SHIFT = 1u << 0,
  SUM = 1u << 1,
  TARGET_ORDERED = 1u << 2,
  CLASS_MOMENT = 1u << 3,
  TARGET_MOMENT = 1u << 4,
  TARGET_MASS = 1u << 5,
  PLAIN_TARGET_MOMENT = 1u << 6,
  PLAIN_TARGET_MASS = 1u << 7,
  TARGET_NEGENTROPY = 1u << 8,
  ENTROPY_MOMENT = 1u << 9,
  SQUARE_SUM = 1u << 10,
  TARGET_PRODUCT = 1u << 11,
  TARGET_SQUARE_SUM = 1u << 12,
  MAXIMUM = 1u << 13,
  ARGMAX = 1u << 14,
  TARGET_ARGMAX = 1u << 15,
  RANK = 1u << 16,
  INPUT_SUM = 1u << 17,
  BAD_CLASS = 1u << 18,
  BAD_TARGET_CLASS = 1u << 19,
  LOSS = 1u << 20,
  MATCHES = 1u << 21,
};

struct Strides {
  long long outer;
  long long classes;
  long long inner;
};

// Real is what the kernels compute in: float, or double.
template <class Real>
struct RowParameters {
  const void *input;
  void *output;
  // Column k of row r is number k·rows + r; integers travel in the bits of a Real.
  Real *column_memory;
  const int *targets;
  const void *distributions;
  // What the gradient of each row is multiplied by; null where one number serves all.
  const Real *row_factors;
  const Real *class_weights;
  // For rows that are split: BYTES_OF_TOTALS for each segment of each row, and BYTES_OF_SCALARS
  // for each row.
  void *segments;
  void *row_scalars;
  // What phase 0 has found, where the host has not waited for it: nothing is written if the first
  // number is not negative. Null where targets are known to be good.
  const long long *status;
  // What phase 0 has left for the gradients of all rows to be multiplied by; null where the host
  // knows that number.
  const double *device_scale;
  long long rows;
  long long inner;
  Strides input_strides;
  Strides output_strides;
  Strides distribution_strides;
  int classes;
  // Threads of a warp that share a row of a register kernel: a power of two.
  int lanes;
  unsigned flags;
  unsigned columns;
  int input_type;
  int output_type;
  int distribution_type;
  int unused;
  // Multiplies distances from the shift; 1 where a softcap has scaled already.
  Real scale;
  Real logit_scale;
  Real softcap;
  Real softcap_slope;
  Real clip_low;
  Real clip_high;
  Real target_share;
  Real smoothing_share;
  Real class_weight_sum;
  Real z_loss;
  Real entropy;
  Real focusing;
  Real gradient_scale;
};

// Classes of a segment: rows are split nowhere else.
constexpr int SEGMENT = 1 << 16;

// Consecutive classes that one thread reads at a time.
constexpr int OCTET = 8;

// The classes that lanes of a warp keep in their registers: of floats, and of doubles.
constexpr int LONGEST_FLOAT_REGISTER_ROW = 1024;
constexpr int LONGEST_DOUBLE_REGISTER_ROW = 256;

// Threads of a block, by kernel.
constexpr int REGISTER_THREADS = 128;
constexpr int BLOCK_THREADS = 256;
constexpr int COMBINE_THREADS = 32;
constexpr int ACROSS_THREADS = 128;

constexpr int BYTES_OF_TOTALS = 256;
constexpr int BYTES_OF_SCALARS = 128;
