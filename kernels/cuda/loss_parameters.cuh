// What the kernels of a device loss are given, by value: dev.batchloss.cuda.LossParameters writes
// it field by field; a field changes in both places or in neither.
#pragma once

#include "exact_sum.cuh"

// What a call leaves on the device. The status block of row kernels is its beginning.
struct LossState {
  // −1 where there is none, once phase 0 has ended.
  long long first_bad;
  // The first row whose sample weight is not finite; it becomes first_bad where no target is bad.
  long long first_bad_weight;
  // The target of the first bad row.
  long long bad_value;
  long long bad;
  // Rows that are not ignored.
  long long counted;
  double denominator;
  double gradient_scale;
  // NaN if a target is bad.
  double loss;
  // The sample weight of the first bad row, where no target is bad.
  double bad_weight;
  long long weight_sum[SUM_WORDS];
  long long loss_sum[SUM_WORDS];
};

struct LossParameters {
  LossState *state;
  // As the caller has them.
  const void *targets;
  // What row kernels take: −1 for an ignored row.
  int *row_targets;
  // Null for ones.
  const double *class_weights;
  // One a row, without gaps, of weight_type; null for ones.
  const void *sample_weights;
  // What row kernels have left, as in RowParameters.
  const void *column_memory;
  // One loss a row, or null.
  double *row_losses;
  // What row kernels multiply the gradients by where there are sample weights, of their arithmetic.
  void *row_factors;
  long long rows;
  long long ignored_class;
  double upstream;
  // Of every reduction but MEAN.
  double denominator;
  double empty_mean;
  // What makes the units of the shift those of z.
  double shift_unit;
  double target_share;
  double smoothing_share;
  double class_weight_sum;
  double z_loss;
  int classes;
  int ignores;
  int is_mean;
  int normalizes;
  unsigned columns;
  int weight_type;
};

// Threads of a block.
constexpr int LOSS_THREADS = 128;
