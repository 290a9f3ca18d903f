// A loss that stays on the device: phase 0 before the row kernels, and after them the sum of what
// they have left, in this order:
//
//   begin_loss       clears the state
//   check_targets    looks at every class target and counts what the denominator is made of
//   finish_targets   forms the status block and the gradient's scale
//   scale_rows       where there are sample weights: what each row's gradient is multiplied by
//   (row kernels)
//   add_losses       forms each row's loss, as dev.batchloss.plan.RowEpilogue does, and adds it
//   finish_loss      rounds once and divides
#include "elements.cuh"
#include "loss_parameters.cuh"
#include "row_parameters.cuh"

// A block adds in its own memory first.
DEVICE void clear_sum(long long *sum) {
  for (int i = thread_of_block(); i < SUM_WORDS; i += LOSS_THREADS) {
    sum[i] = 0;
  }
  wait_for_block();
}

DEVICE void pass_on_sum(const long long *sum, long long *to) {
  wait_for_block();
  for (int i = thread_of_block(); i < SUM_WORDS; i += LOSS_THREADS) {
    if (sum[i] != 0) {
      add_atomically(to + i, sum[i]);
    }
  }
}

DEVICE long long first_row() { return block_of_grid() * LOSS_THREADS + thread_of_block(); }

DEVICE long long rows_at_once() {
  return static_cast<long long>(blocks_of_grid()) * LOSS_THREADS;
}

KERNEL(LOSS_THREADS, 1) begin_loss(PARAMETER LossParameters call) {
  long long *words = reinterpret_cast<long long *>(call.state);
  constexpr int count = sizeof(LossState) / sizeof(long long);
  for (int i = thread_of_block(); i < count; i += LOSS_THREADS) {
    // The first two are the least bad rows so far.
    words[i] = i < 2 ? call.rows : 0;
  }
}

DEVICE double sample_weight_of(long long row, const LossParameters &call) {
  return call.sample_weights == nullptr
             ? 1
             : load_element<double>(call.sample_weights, call.weight_type, row);
}

DEVICE bool is_finite(double x) { return x - x == 0; }

template <class Index>
DEVICE void check_targets(const LossParameters &call, long long *weights) {
  clear_sum(weights);
  const Index *targets = static_cast<const Index *>(call.targets);
  bool has_weights = call.class_weights != nullptr || call.sample_weights != nullptr;
  long long first_bad = call.rows;
  long long first_bad_weight = call.rows;
  long long bad = 0;
  long long counted = 0;
  for (long long row = first_row(); row < call.rows; row += rows_at_once()) {
    long long target = targets[row];
    bool is_counted = call.ignores == 0 || target != call.ignored_class;
    bool is_class = target >= 0 && target < call.classes;
    counted += is_counted;
    if (is_counted && !is_class) {
      bad++;
      first_bad = min(first_bad, row);
    }
    double weight = sample_weight_of(row, call);
    if (!is_finite(weight)) {
      first_bad_weight = min(first_bad_weight, row);
    }
    if (is_counted && is_class && has_weights) {
      double class_weight = call.class_weights == nullptr ? 1 : call.class_weights[target];
      add_to_sum(weights, weight * class_weight);
    }
    call.row_targets[row] = is_counted && is_class ? static_cast<int>(target) : -1;
  }
  for (int distance = 16; distance > 0; distance /= 2) {
    first_bad = min(first_bad, across_warp(first_bad, distance));
    first_bad_weight = min(first_bad_weight, across_warp(first_bad_weight, distance));
    bad += across_warp(bad, distance);
    counted += across_warp(counted, distance);
  }
  if (thread_of_warp() == 0) {
    keep_least_atomically(&call.state->first_bad, first_bad);
    keep_least_atomically(&call.state->first_bad_weight, first_bad_weight);
    add_atomically(&call.state->bad, bad);
    add_atomically(&call.state->counted, counted);
  }
  pass_on_sum(weights, call.state->weight_sum);
}

KERNEL(LOSS_THREADS, 4) check_targets_int(PARAMETER LossParameters call) {
  BLOCK_MEMORY long long weights[SUM_WORDS];
  check_targets<int>(call, weights);
}

KERNEL(LOSS_THREADS, 4) check_targets_long(PARAMETER LossParameters call) {
  BLOCK_MEMORY long long weights[SUM_WORDS];
  check_targets<long long>(call, weights);
}

template <class Index>
DEVICE void finish_targets(const LossParameters &call) {
  if (thread_of_block() != 0) {
    return;
  }
  LossState *state = call.state;
  if (state->first_bad < call.rows) {
    state->bad_value = static_cast<const Index *>(call.targets)[state->first_bad];
  } else if (state->first_bad_weight < call.rows) {
    state->first_bad = state->first_bad_weight;
    state->bad_weight = sample_weight_of(state->first_bad, call);
  } else {
    state->first_bad = -1;
  }
  bool has_weights = call.class_weights != nullptr || call.sample_weights != nullptr;
  double weights = has_weights ? value_of(state->weight_sum) : static_cast<double>(state->counted);
  state->denominator = call.is_mean != 0 ? weights : call.denominator;
  state->gradient_scale = call.upstream / state->denominator;
}

KERNEL(LOSS_THREADS, 1) finish_targets_int(PARAMETER LossParameters call) {
  finish_targets<int>(call);
}

KERNEL(LOSS_THREADS, 1) finish_targets_long(PARAMETER LossParameters call) {
  finish_targets<long long>(call);
}

template <class Real>
DEVICE void scale_rows(const LossParameters &call) {
  double scale = call.state->gradient_scale;
  for (long long row = first_row(); row < call.rows; row += rows_at_once()) {
    static_cast<Real *>(call.row_factors)[row] =
        static_cast<Real>(scale * sample_weight_of(row, call));
  }
}

KERNEL(LOSS_THREADS, 4) scale_rows_FLOAT32(PARAMETER LossParameters call) {
  scale_rows<float>(call);
}

KERNEL(LOSS_THREADS, 4) scale_rows_FLOAT64(PARAMETER LossParameters call) {
  scale_rows<double>(call);
}

// 0 where there is no such column.
template <class Real>
DEVICE double column_of(RowColumn column, long long row, const LossParameters &call) {
  if ((call.columns & column) == 0) {
    return 0;
  }
  int place = count_bits(call.columns & (column - 1));
  return static_cast<const Real *>(call.column_memory)[place * call.rows + row];
}

template <class Real>
DEVICE double loss_of(long long row, int target, const LossParameters &call) {
  double shift = column_of<Real>(SHIFT, row, call);
  double log_normalizer = 0;
  if (call.normalizes != 0) {
    double sum = column_of<Real>(SUM, row, call);
    bool is_softmax = sum > 0 && sum < infinity<double>();
    log_normalizer = is_softmax ? log_of(sum) : not_a_number<double>();
  }
  double loss = 0;
  if (call.target_share != 0) {
    double target_shifted =
        (column_of<Real>(TARGET_ORDERED, row, call) - shift) * call.shift_unit;
    double weight = call.class_weights == nullptr ? 1 : call.class_weights[target];
    loss += call.target_share * (weight * (log_normalizer - target_shifted));
  }
  if (call.smoothing_share != 0) {
    double moment = column_of<Real>(CLASS_MOMENT, row, call);
    loss += call.smoothing_share * (call.class_weight_sum * log_normalizer - moment);
  }
  if (call.z_loss != 0) {
    double lse = shift * call.shift_unit + log_normalizer;
    loss += call.z_loss * lse * lse;
  }
  return loss;
}

template <class Real>
DEVICE void add_losses(const LossParameters &call, long long *sum) {
  if (call.state->first_bad >= 0) {
    return;
  }
  clear_sum(sum);
  for (long long row = first_row(); row < call.rows; row += rows_at_once()) {
    int target = call.row_targets[row];
    // Of an ignored row the columns hold anything.
    double loss =
        target < 0 ? 0 : sample_weight_of(row, call) * loss_of<Real>(row, target, call);
    add_to_sum(sum, loss);
    if (call.row_losses != nullptr) {
      call.row_losses[row] = loss;
    }
  }
  pass_on_sum(sum, call.state->loss_sum);
}

KERNEL(LOSS_THREADS, 4) add_losses_FLOAT32(PARAMETER LossParameters call) {
  BLOCK_MEMORY long long sum[SUM_WORDS];
  add_losses<float>(call, sum);
}

KERNEL(LOSS_THREADS, 4) add_losses_FLOAT64(PARAMETER LossParameters call) {
  BLOCK_MEMORY long long sum[SUM_WORDS];
  add_losses<double>(call, sum);
}

KERNEL(LOSS_THREADS, 1) finish_loss(PARAMETER LossParameters call) {
  if (thread_of_block() != 0) {
    return;
  }
  LossState *state = call.state;
  if (state->first_bad >= 0) {
    state->loss = not_a_number<double>();
  } else if (call.is_mean != 0 && state->counted == 0) {
    state->loss = call.empty_mean;
  } else {
    state->loss = value_of(state->loss_sum) / state->denominator;
  }
}
