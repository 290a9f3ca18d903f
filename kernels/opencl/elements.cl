// Losses whose elements know nothing of each other. An item takes a row where rows are short or
// their classes lie apart; else a group takes a segment of SEGMENT classes, and what the segments
// of a row come to is added up in their order.
//
// Comes after comparison.cl. The formulas are those of dev.batchloss.plan.ElementFunction.

#define SEGMENT 4096

#define BINARY_CROSS_ENTROPY_LOGITS 0
#define BINARY_CROSS_ENTROPY 1
#define BINARY_FOCAL_LOGITS 2
#define BINARY_FOCAL 3
#define KL_DIVERGENCE 4
#define KL_DIVERGENCE_LOG_TARGETS 5
#define KL_DIVERGENCE_PROBABILITIES 6
#define SQUARED_ERROR 7
#define ABSOLUTE_ERROR 8
#define ABSOLUTE_PERCENTAGE_ERROR 9
#define SQUARED_LOGARITHMIC_ERROR 10
#define HUBER 11
#define LOG_COSH 12
#define POISSON 13
#define POISSON_LOGARITHMIC 14
#define HINGE 15
#define SQUARED_HINGE 16

#define LN_2 ((REAL)0.69314718055994530942)
#define TWO_PI ((REAL)6.28318530717958647693)

// The numbers of the plan, in the order of dev.batchloss.device.ComparisonNumbers.
#define NUMBERS                                                                                   \
  REAL target_scale, REAL target_offset, REAL zero_is_zero, REAL clip_low, REAL clip_high,        \
  REAL log_floor, REAL slope_floor, REAL alpha, REAL gamma, REAL delta, REAL factor,              \
  REAL epsilon, REAL target_term, REAL output_scale

typedef struct {
  bool zero_is_zero;
  bool has_clip;
  REAL clip_low;
  REAL clip_high;
  REAL log_floor;
  REAL slope_floor;
  REAL alpha;
  REAL gamma;
  REAL delta;
  REAL factor;
  REAL epsilon;
  REAL target_term;
} Function;

static inline REAL product(REAL coefficient, REAL x, const Function *f) {
  return coefficient == 0 && f->zero_is_zero ? 0 : coefficient * x;
}

static inline REAL clip(REAL p, const Function *f) {
  return p < f->clip_low ? f->clip_low : (p > f->clip_high ? f->clip_high : p);
}

static inline bool is_clipped(REAL p, const Function *f) {
  return p < f->clip_low || p > f->clip_high;
}

static inline REAL sigmoid(REAL x) {
  REAL e = exp(-fabs(x));
  return x >= 0 ? 1 / (1 + e) : e / (1 + e);
}

// Each of the two terms by itself: that of a confident prediction is small beside 1.
static inline REAL logit_entropy(REAL x, REAL y, REAL w, const Function *f) {
  if (!f->zero_is_zero && x == NEGATIVE_INFINITY) {
    return (REAL)NAN;
  }
  REAL both = log1p(exp(-fabs(x)));
  return product(w * y, at_least(0, -x) + both, f) + product(1 - y, at_least(0, x) + both, f);
}

static inline REAL entropy(REAL p, REAL y, REAL w, const Function *f) {
  return -product(w * y, at_least(f->log_floor, log(p)), f)
      - product(1 - y, at_least(f->log_floor, log1p(-p)), f);
}

static inline REAL entropy_slope(REAL x, REAL y, REAL w, const Function *f) {
  if (f->slope_floor > 0) {
    return ((1 - y) * x - w * y * (1 - x)) / at_least(f->slope_floor, x * (1 - x));
  }
  return is_clipped(x, f) ? 0 : product(1 - y, 1 / (1 - x), f) - product(w * y, 1 / x, f);
}

static inline REAL logit_slope(REAL x, REAL y, const Function *f) {
  REAL p = sigmoid(x);
  if (f->has_clip) {
    return is_clipped(p, f) ? 0 : entropy_slope(p, y, 1, f) * p * sigmoid(-x);
  }
  return (1 - y) * p - y * sigmoid(-x);
}

static inline REAL focal_entropy(REAL x, REAL y, const Function *f) {
  if (FUNCTION == BINARY_FOCAL) {
    return entropy(clip(x, f), y, 1, f);
  }
  return f->has_clip ? entropy(clip(sigmoid(x), f), y, 1, f) : logit_entropy(x, y, 1, f);
}

// The probability of the class that is not the target.
static inline REAL miss_of(REAL x, REAL y) {
  if (FUNCTION == BINARY_FOCAL) {
    return y * (1 - x) + (1 - y) * x;
  }
  return y * sigmoid(-x) + (1 - y) * sigmoid(x);
}

static inline REAL balance_of(REAL y, const Function *f) {
  return isnan(f->alpha) ? 1 : f->alpha * y + (1 - f->alpha) * (1 - y);
}

// The derivative of balance·miss^gamma·entropy; `probability` is dp/dx, `slope` that of entropy.
static inline REAL focal_slope(
    REAL x, REAL y, REAL probability, REAL slope, const Function *f) {
  REAL miss = miss_of(x, y);
  REAL loss = focal_entropy(x, y, f);
  REAL moved = 0;
  if (f->gamma != 0 && loss != 0) {
    moved = f->gamma * pow(miss, f->gamma - 1) * (1 - 2 * y) * product(probability, loss, f);
  }
  return balance_of(y, f) * (moved + pow(miss, f->gamma) * slope);
}

static inline REAL logarithmic_error(REAL x, REAL y, const Function *f) {
  return log1p(at_least(f->epsilon, x)) - log1p(at_least(f->epsilon, y));
}

static inline REAL huber(REAL distance, const Function *f) {
  return distance <= f->delta ? distance * distance / 2
                              : f->delta * (distance - f->delta / 2);
}

// Near 0 as ln(1 + (cosh d − 1)), with (e^−d − 1)² = 2·e^−d·(cosh d − 1).
static inline REAL log_cosh(REAL distance) {
  REAL t = expm1(-distance);
  return distance < 1 ? log1p(t * t / (2 * (1 + t)))
                      : distance + log1p(exp(-2 * distance)) - LN_2;
}

// Stirling's approximation of ln y!.
static inline REAL stirling(REAL y, const Function *f) {
  if (f->target_term == 0 || y <= 1) {
    return 0;
  }
  return f->target_term * (y * log(y) - y + log(TWO_PI * y) / 2);
}

static inline REAL margin(REAL x, REAL y) {
  return at_least(0, 1 - y * x);
}

// f(x, y); w is the positive weight of the class.
static inline REAL value_of(REAL x, REAL y, REAL w, const Function *f) {
  switch (FUNCTION) {
    case BINARY_CROSS_ENTROPY_LOGITS:
      return logit_entropy(x, y, w, f);
    case BINARY_CROSS_ENTROPY:
      return entropy(clip(x, f), y, w, f);
    case BINARY_FOCAL_LOGITS:
    case BINARY_FOCAL:
      return balance_of(y, f) * pow(miss_of(x, y), f->gamma) * focal_entropy(x, y, f);
    case KL_DIVERGENCE:
      return y == 0 ? -product(y, x, f) : y * (log(y) - x);
    case KL_DIVERGENCE_LOG_TARGETS:
      return product(exp(y), y - x, f);
    case KL_DIVERGENCE_PROBABILITIES:
      return product(clip(y, f), log(clip(y, f) / clip(x, f)), f);
    case SQUARED_ERROR:
      return (x - y) * (x - y);
    case ABSOLUTE_ERROR:
      return fabs(x - y);
    case ABSOLUTE_PERCENTAGE_ERROR:
      return 100 * fabs(x - y) / at_least(f->epsilon, fabs(y));
    case SQUARED_LOGARITHMIC_ERROR: {
      REAL d = logarithmic_error(x, y, f);
      return d * d;
    }
    case HUBER:
      return f->factor * huber(fabs(x - y), f);
    case LOG_COSH:
      return log_cosh(fabs(x - y));
    case POISSON:
      return x - product(y, log(x + f->epsilon), f) + stirling(y, f);
    case POISSON_LOGARITHMIC:
      return exp(x) - product(y, x, f) + stirling(y, f);
    case HINGE:
      return margin(x, y);
    default:
      return margin(x, y) * margin(x, y);
  }
}

// df/dx; NaN where an argument is.
static inline REAL slope_of(REAL x, REAL y, REAL w, const Function *f) {
  if (isnan(x) || isnan(y)) {
    return (REAL)NAN;
  }
  switch (FUNCTION) {
    case BINARY_CROSS_ENTROPY_LOGITS:
      return (1 - y) * sigmoid(x) - w * y * sigmoid(-x);
    case BINARY_CROSS_ENTROPY:
      return entropy_slope(x, y, w, f);
    case BINARY_FOCAL_LOGITS:
      return focal_slope(x, y, sigmoid(x) * sigmoid(-x), logit_slope(x, y, f), f);
    case BINARY_FOCAL:
      return focal_slope(x, y, 1, entropy_slope(x, y, 1, f), f);
    case KL_DIVERGENCE:
      return -y;
    case KL_DIVERGENCE_LOG_TARGETS:
      return -exp(y);
    case KL_DIVERGENCE_PROBABILITIES:
      return is_clipped(x, f) || clip(y, f) == 0 ? 0 : -clip(y, f) / x;
    case SQUARED_ERROR:
      return 2 * (x - y);
    case ABSOLUTE_ERROR:
      return sign(x - y);
    case ABSOLUTE_PERCENTAGE_ERROR:
      return 100 * sign(x - y) / at_least(f->epsilon, fabs(y));
    case SQUARED_LOGARITHMIC_ERROR:
      return x < f->epsilon ? 0 : 2 * logarithmic_error(x, y, f) / (1 + x);
    case HUBER: {
      REAL d = x - y;
      return f->factor * (d < -f->delta ? -f->delta : (d > f->delta ? f->delta : d));
    }
    case LOG_COSH:
      return tanh(x - y);
    case POISSON:
      return 1 - product(y, 1 / (x + f->epsilon), f);
    case POISSON_LOGARITHMIC:
      return exp(x) - y;
    case HINGE:
      return y * x < 1 ? -y : 0;
    default:
      return -2 * y * margin(x, y);
  }
}

static inline bool is_positive(REAL x) {
  switch (FUNCTION) {
    case BINARY_CROSS_ENTROPY_LOGITS:
    case BINARY_FOCAL_LOGITS:
      return x > 0;
    default:
      return x > 0.5f;
  }
}

// Whether prediction and target are on the same side of their thresholds.
static inline bool is_match(REAL x, REAL y) {
  return !isnan(x) && is_positive(x) == (y > 0.5f);
}

static inline bool is_probability(REAL x) {
  return x >= 0 && x <= (REAL)(1 + 1e-6f);
}

// What some elements of a row come to.
typedef struct {
  Sum loss;
  int matches;
  int bad_class;
  int bad_target_class;
} Partial;

static inline Partial no_partial(void) {
  Partial none = {{0, 0}, 0, NO_CLASS, NO_CLASS};
  return none;
}

static inline void add_partial(Partial *to, const Partial *other) {
  add_sum(&to->loss, other->loss);
  to->matches += other->matches;
  to->bad_class = min(to->bad_class, other->bad_class);
  to->bad_target_class = min(to->bad_target_class, other->bad_target_class);
}

static inline Partial group_partial(Partial partial, __local Partial *shared) {
#if ITEMS > 1
  int item = get_local_id(0);
  shared[item] = partial;
  barrier(CLK_LOCAL_MEM_FENCE);
  for (int half_size = ITEMS / 2; half_size > 0; half_size /= 2) {
    if (item < half_size) {
      Partial left = shared[item];
      Partial right = shared[item + half_size];
      add_partial(&left, &right);
      shared[item] = left;
    }
    barrier(CLK_LOCAL_MEM_FENCE);
  }
  partial = shared[0];
#endif
  return partial;
}

static inline BITS class_or_none(int c) {
  return c == NO_CLASS ? -1 : c;
}

static inline void put_partial(
    const Partial *partial, long row, __global REAL *columns, long rows, int loss_column,
    int matches_column, int bad_class_column, int bad_target_class_column) {
  columns[loss_column * rows + row] = value_of_sum(partial->loss);
  put_integer(partial->matches, matches_column, row, columns, rows);
  put_integer(class_or_none(partial->bad_class), bad_class_column, row, columns, rows);
  put_integer(
      class_or_none(partial->bad_target_class), bad_target_class_column, row, columns, rows);
}

#define PUT_PARTIAL(partial)                                                                      \
  put_partial(                                                                                    \
      &partial, row, columns, rows, loss_column, matches_column, bad_class_column,                \
      bad_target_class_column)

// The elements of a row, or of a segment of one; `partials` has a place for each segment of each
// row where there is more than one.
__kernel __attribute__((reqd_work_group_size(ITEM_GROUP, 1, 1))) void compare_elements(
    COMPARISON_ARGUMENTS, NUMBERS, __global Partial *partials) {
  __local Partial shared[ITEMS];
#if ITEMS > 1
  long row = get_group_id(1);
  long segment = get_group_id(0);
  long segments = get_num_groups(0);
  long from = segment * SEGMENT + get_local_id(0);
  long end = min((segment + 1) * SEGMENT, (long)classes);
#else
  long row = get_global_id(0);
  long from = 0;
  long end = classes;
  if (row >= rows) {
    return;
  }
#endif
  Function f = {
      zero_is_zero != 0, clip_low > 0 || clip_high < (REAL)INFINITY,
      clip_low, clip_high, log_floor, slope_floor, alpha, gamma, delta, factor, epsilon,
      target_term};
  Place x_place = place_of(row, classes, inner, inner_stride);
  Place y_place = place_of(row, classes, inner, inner);
  long weight_place = row / inner * weights_outer + row % inner * weights_inner;
  REAL scale = row_factors ? row_factors[row] : output_scale;
  Partial partial = no_partial();
  for (long c = from; c < end; c += ITEMS) {
    REAL x = load_any(input, input_type, input_offset + at(x_place, c));
    REAL value = load_any(values, values_type, at(y_place, c));
    REAL y = target_scale * value + target_offset;
    REAL weight = weights ? weights[weight_place + c * weights_class] : 1;
    REAL w = positive_weights ? positive_weights[c] : 1;
    REAL loss = weight * value_of(x, y, w, &f);
    add(&partial.loss, loss);
    partial.matches += is_match(x, y) ? 1 : 0;
    partial.bad_class = is_probability(x) ? partial.bad_class : min(partial.bad_class, (int)c);
    partial.bad_target_class =
        is_probability(value) ? partial.bad_target_class : min(partial.bad_target_class, (int)c);
    if (output_kind != WRITES_NOTHING) {
      REAL written =
          output_kind == WRITES_GRADIENT ? scale * weight * slope_of(x, y, w, &f) : scale * loss;
      store_any(written, output, output_type, output_offset + at(x_place, c));
    }
  }
  partial = group_partial(partial, shared);
#if ITEMS > 1
  if (get_local_id(0) == 0) {
    if (segments > 1) {
      partials[row * segments + segment] = partial;
    } else {
      PUT_PARTIAL(partial);
    }
  }
#else
  PUT_PARTIAL(partial);
#endif
}

#if ITEMS > 1
// Adds up the segments of a row, an item a row.
__kernel __attribute__((reqd_work_group_size(ITEM_GROUP, 1, 1))) void combine_elements(
    __global const Partial *partials, __global REAL *columns, int segments, long rows,
    int loss_column, int matches_column, int bad_class_column, int bad_target_class_column) {
  long row = get_global_id(0);
  if (row >= rows) {
    return;
  }
  Partial total = no_partial();
  for (long segment = 0; segment < segments; segment++) {
    Partial partial = partials[row * segments + segment];
    add_partial(&total, &partial);
  }
  PUT_PARTIAL(total);
}
#endif
