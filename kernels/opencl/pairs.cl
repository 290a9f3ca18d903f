// Losses that compare a row of the input with the row of values beside it: first what each row is
// by itself (the greatest elements, the sums of softmax), then what they come to together, then the
// gradient, which reads both rows again. An item takes a row where rows are short or their classes
// lie apart, else a group.
//
// Comes after comparison.cl. The formulas are those of dev.batchloss.plan.PairFunction.

#define FORWARD_KL 0
#define REVERSE_KL 1
#define JENSEN_SHANNON 2
#define COSINE_SIMILARITY 3
#define CATEGORICAL_HINGE 4

#define IS_OF_DISTRIBUTIONS (FUNCTION <= JENSEN_SHANNON)

#define LN_2 ((REAL)0.69314718055994530942)

// The numbers of the plan, in the order of dev.batchloss.device.ComparisonNumbers.
#define NUMBERS REAL logit_scale, REAL epsilon, REAL output_scale

// The classes of a row that this item reads, and where.
typedef struct {
  __global const void *input;
  __global const void *values;
  int input_type;
  int values_type;
  Place x;
  Place y;
  long from;
  long classes;
} Pair;

// What softmax takes of a row: ln p = scale·(x − greatest) − log_sum.
typedef struct {
  REAL scale;
  REAL greatest;
  REAL log_sum;
} Logits;

// A greatest element and its class.
typedef struct {
  REAL x;
  int class_index;
} Greatest;

// What the local memory of a group holds, one thing after the other.
typedef union {
  Sum sum;
  Greatest greatest;
} Shared;

static inline REAL x_at(const Pair *pair, long c) {
  return load_any(pair->input, pair->input_type, at(pair->x, c));
}

static inline REAL y_at(const Pair *pair, long c) {
  return load_any(pair->values, pair->values_type, at(pair->y, c));
}

static inline REAL product(REAL coefficient, REAL x) {
  return coefficient == 0 ? 0 : coefficient * x;
}

// A NaN is greater than anything; of equals the first class counts.
static inline Greatest greater_of(Greatest a, Greatest b) {
  if (isnan(a.x) || isnan(b.x)) {
    return isnan(a.x) ? a : b;
  }
  bool is_b = b.x > a.x || (b.x == a.x && b.class_index < a.class_index);
  return is_b ? b : a;
}

static inline Greatest no_greatest(void) {
  Greatest none = {NEGATIVE_INFINITY, 0};
  return none;
}

static inline Greatest greatest_at(REAL x, long c) {
  Greatest one = {x, (int)c};
  return one;
}

static inline Greatest group_greatest(Greatest greatest, __local Shared *shared) {
#if ITEMS > 1
  int item = get_local_id(0);
  shared[item].greatest = greatest;
  barrier(CLK_LOCAL_MEM_FENCE);
  for (int half_size = ITEMS / 2; half_size > 0; half_size /= 2) {
    if (item < half_size) {
      shared[item].greatest =
          greater_of(shared[item].greatest, shared[item + half_size].greatest);
    }
    barrier(CLK_LOCAL_MEM_FENCE);
  }
  greatest = shared[0].greatest;
  barrier(CLK_LOCAL_MEM_FENCE);
#endif
  return greatest;
}

static inline REAL group_sum(Sum sum, __local Shared *shared) {
#if ITEMS > 1
  int item = get_local_id(0);
  shared[item].sum = sum;
  barrier(CLK_LOCAL_MEM_FENCE);
  for (int half_size = ITEMS / 2; half_size > 0; half_size /= 2) {
    if (item < half_size) {
      Sum left = shared[item].sum;
      add_sum(&left, shared[item + half_size].sum);
      shared[item].sum = left;
    }
    barrier(CLK_LOCAL_MEM_FENCE);
  }
  sum = shared[0].sum;
  barrier(CLK_LOCAL_MEM_FENCE);
#endif
  return value_of_sum(sum);
}

static inline REAL logarithm(REAL x, const Logits *logits) {
  return logits->scale * (x - logits->greatest) - logits->log_sum;
}

// ln(p / ½(p + q)) = −ln((1 + q/p)/2), also where q/p is beyond all bounds.
static inline REAL log_ratio_to_middle(REAL log_of, REAL log_other) {
  REAL d = log_other - log_of;
  return LN_2 - at_least(0, d) - log1p(exp(-fabs(d)));
}

// What the rows come to.
typedef struct {
  Logits x;
  Logits y;
  REAL value;
  // Of Jensen and Shannon's: KL of the input's distribution to the middle.
  REAL to_middle;
  REAL x_norm;
  REAL y_norm;
  int greatest_class;
} Comparison;

static inline void compare_distributions(
    Comparison *found, const Pair *pair, REAL logit_scale, __local Shared *shared) {
  Greatest x_greatest = no_greatest();
  Greatest y_greatest = no_greatest();
  for (long c = pair->from; c < pair->classes; c += ITEMS) {
    x_greatest = greater_of(x_greatest, greatest_at(x_at(pair, c), c));
    y_greatest = greater_of(y_greatest, greatest_at(y_at(pair, c), c));
  }
  Logits x = {logit_scale, group_greatest(x_greatest, shared).x, 0};
  Logits y = {logit_scale, group_greatest(y_greatest, shared).x, 0};
  Sum x_sum = no_sum();
  Sum y_sum = no_sum();
  for (long c = pair->from; c < pair->classes; c += ITEMS) {
    add(&x_sum, exp(logarithm(x_at(pair, c), &x)));
    add(&y_sum, exp(logarithm(y_at(pair, c), &y)));
  }
  x.log_sum = log(group_sum(x_sum, shared));
  y.log_sum = log(group_sum(y_sum, shared));
  Sum of_x = no_sum();
  Sum of_y = no_sum();
  for (long c = pair->from; c < pair->classes; c += ITEMS) {
    REAL log_p = logarithm(x_at(pair, c), &x);
    REAL log_q = logarithm(y_at(pair, c), &y);
    switch (FUNCTION) {
      case FORWARD_KL:
        add(&of_y, product(exp(log_q), log_q - log_p));
        break;
      case REVERSE_KL:
        add(&of_x, product(exp(log_p), log_p - log_q));
        break;
      default:
        add(&of_x, product(exp(log_p), log_ratio_to_middle(log_p, log_q)));
        add(&of_y, product(exp(log_q), log_ratio_to_middle(log_q, log_p)));
    }
  }
  found->x = x;
  found->y = y;
  switch (FUNCTION) {
    case FORWARD_KL:
      found->value = group_sum(of_y, shared);
      break;
    case REVERSE_KL:
      found->value = group_sum(of_x, shared);
      break;
    default:
      found->to_middle = group_sum(of_x, shared);
      found->value = found->to_middle / 2 + group_sum(of_y, shared) / 2;
  }
}

static inline void compare_directions(
    Comparison *found, const Pair *pair, REAL epsilon, __local Shared *shared) {
  Sum products = no_sum();
  Sum x_squares = no_sum();
  Sum y_squares = no_sum();
  for (long c = pair->from; c < pair->classes; c += ITEMS) {
    REAL x = x_at(pair, c);
    REAL y = y_at(pair, c);
    add(&products, x * y);
    add(&x_squares, x * x);
    add(&y_squares, y * y);
  }
  found->x_norm = sqrt(group_sum(x_squares, shared));
  found->y_norm = sqrt(group_sum(y_squares, shared));
  found->value =
      -group_sum(products, shared)
      / (at_least(epsilon, found->x_norm) * at_least(epsilon, found->y_norm));
}

static inline void compare_scores(
    Comparison *found, const Pair *pair, __local Shared *shared) {
  Sum positive = no_sum();
  Greatest negative = no_greatest();
  for (long c = pair->from; c < pair->classes; c += ITEMS) {
    REAL x = x_at(pair, c);
    REAL y = y_at(pair, c);
    add(&positive, y * x);
    negative = greater_of(negative, greatest_at((1 - y) * x, c));
  }
  negative = group_greatest(negative, shared);
  found->greatest_class = negative.class_index;
  found->value = at_least(0, 1 + (negative.x - group_sum(positive, shared)));
}

// The derivative of the value with respect to x_c.
static inline REAL slope_of(
    const Comparison *found, const Pair *pair, long c, REAL epsilon) {
  REAL x = x_at(pair, c);
  REAL y = y_at(pair, c);
  if (IS_OF_DISTRIBUTIONS) {
    REAL scale = found->x.scale;
    REAL log_p = logarithm(x, &found->x);
    REAL log_q = logarithm(y, &found->y);
    REAL p = exp(log_p);
    switch (FUNCTION) {
      case FORWARD_KL:
        return scale * (p - exp(log_q));
      case REVERSE_KL:
        return scale * product(p, log_p - log_q - found->value);
      default:
        return scale * product(p, log_ratio_to_middle(log_p, log_q) - found->to_middle) / 2;
    }
  }
  if (FUNCTION == COSINE_SIMILARITY) {
    // Where the norm is below epsilon it is a constant.
    REAL direction =
        -y / (at_least(epsilon, found->x_norm) * at_least(epsilon, found->y_norm));
    REAL turned = direction - found->value * x / (found->x_norm * found->x_norm);
    return found->x_norm > epsilon ? turned : direction;
  }
  if (isnan(found->value)) {
    return (REAL)NAN;
  }
  return found->value > 0 ? (c == found->greatest_class ? 1 - y : 0) - y : 0;
}

__kernel __attribute__((reqd_work_group_size(ITEM_GROUP, 1, 1))) void compare_pairs(
    COMPARISON_ARGUMENTS, NUMBERS) {
#if ITEMS > 1
  __local Shared shared[ITEMS];
  long row = get_group_id(0);
  int item = get_local_id(0);
#else
  __local Shared *shared = 0;
  long row = get_global_id(0);
  int item = 0;
  if (row >= rows) {
    return;
  }
#endif
  Pair pair = {
      input, values, input_type, values_type, place_of(row, classes, inner, inner_stride),
      place_of(row, classes, inner, inner), item, classes};
  pair.x.first += input_offset;
  Comparison found;
  if (IS_OF_DISTRIBUTIONS) {
    compare_distributions(&found, &pair, logit_scale, shared);
  } else if (FUNCTION == COSINE_SIMILARITY) {
    compare_directions(&found, &pair, epsilon, shared);
  } else {
    compare_scores(&found, &pair, shared);
  }
  if (item == 0) {
    columns[loss_column * rows + row] = found.value;
    put_integer(0, matches_column, row, columns, rows);
  }
  if (output_kind == WRITES_GRADIENT) {
    REAL scale = row_factors ? row_factors[row] : output_scale;
    Place place = place_of(row, classes, inner, inner_stride);
    for (long c = pair.from; c < classes; c += ITEMS) {
      store_any(
          scale * slope_of(&found, &pair, c, epsilon), output, output_type,
          output_offset + at(place, c));
    }
  }
}
