// Losses that compare a row of the input with the row of values beside it, in passes over both: of
// distributions first their greatest elements, then the sums of their softmax, then what they come
// to together; of others that alone; and at last the gradient. An item takes a row where rows are
// short or their classes lie apart, else a group does; of a gradient a group takes a segment of
// SEGMENT classes.
//
// Each pass is a launch, and what it finds of a row goes to global memory: reductions behind each
// other in one kernel are more than PoCL 3.1 compiles.
//
// Comes after comparison.cl. The formulas are those of dev.batchloss.plan.PairFunction.

#define FORWARD_KL 0
#define REVERSE_KL 1
#define JENSEN_SHANNON 2
#define COSINE_SIMILARITY 3
#define CATEGORICAL_HINGE 4

#define IS_OF_DISTRIBUTIONS (FUNCTION <= JENSEN_SHANNON)

#define SEGMENT 4096

// The passes.
#define FIND_GREATEST 0
#define FIND_SUMS 1
#define COMPARE 2

#define LN_2 ((REAL)0.69314718055994530942)

#ifdef REAL_IS_DOUBLE
#define AS_BITS as_long
#else
#define AS_BITS as_int
#endif

// The numbers of the plan, in the order of dev.batchloss.device.ComparisonNumbers.
#define NUMBERS REAL logit_scale, REAL epsilon, REAL output_scale

// What softmax takes of a row: ln p = scale·(x − greatest) − log_sum.
typedef struct {
  REAL scale;
  REAL greatest;
  REAL log_sum;
} Logits;

// What is found of a row.
typedef struct {
  Logits x;
  Logits y;
  REAL value;
  // Of distributions the part of the value that the input's adds; of directions its norm.
  REAL of_x;
  REAL of_y;
  int greatest_class;
} Found;

// How many numbers of it are kept from pass to pass, and their places.
#define KEPT 8
#define KEPT_X_GREATEST 0
#define KEPT_X_LOG_SUM 1
#define KEPT_Y_GREATEST 2
#define KEPT_Y_LOG_SUM 3
#define KEPT_VALUE 4
#define KEPT_OF_X 5
#define KEPT_OF_Y 6
#define KEPT_CLASS 7

static inline Found found_of(__global const REAL *kept, REAL logit_scale) {
  Found found = {
      {logit_scale, kept[KEPT_X_GREATEST], kept[KEPT_X_LOG_SUM]},
      {logit_scale, kept[KEPT_Y_GREATEST], kept[KEPT_Y_LOG_SUM]},
      kept[KEPT_VALUE], kept[KEPT_OF_X], kept[KEPT_OF_Y], (int)AS_BITS(kept[KEPT_CLASS])};
  return found;
}

// A greatest element and its class.
typedef struct {
  REAL x;
  int class_index;
} Greatest;

// A NaN is greater than anything; of equals the first class counts.
static inline Greatest greater_of(Greatest a, Greatest b) {
  if (isnan(a.x) || isnan(b.x)) {
    return isnan(a.x) ? a : b;
  }
  bool is_b = b.x > a.x || (b.x == a.x && b.class_index < a.class_index);
  return is_b ? b : a;
}

// What some classes come to in one pass.
typedef struct {
  Sum first;
  Sum second;
  Sum third;
  Greatest x;
  Greatest y;
} Partial;

static inline Partial no_partial(void) {
  Partial none = {{0, 0}, {0, 0}, {0, 0}, {NEGATIVE_INFINITY, 0}, {NEGATIVE_INFINITY, 0}};
  return none;
}

static inline void add_partial(Partial *to, const Partial *other) {
  add_sum(&to->first, other->first);
  add_sum(&to->second, other->second);
  add_sum(&to->third, other->third);
  to->x = greater_of(to->x, other->x);
  to->y = greater_of(to->y, other->y);
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

static inline REAL product(REAL coefficient, REAL x) {
  return coefficient == 0 ? 0 : coefficient * x;
}

static inline REAL logarithm(REAL x, const Logits *logits) {
  return logits->scale * (x - logits->greatest) - logits->log_sum;
}

// ln(p / ½(p + q)) = −ln((1 + q/p)/2), also where q/p is beyond all bounds.
static inline REAL log_ratio_to_middle(REAL log_of, REAL log_other) {
  REAL d = log_other - log_of;
  return LN_2 - at_least(0, d) - log1p(exp(-fabs(d)));
}

// Adds the elements of one class to what the last pass is after.
static inline void compare(Partial *partial, REAL x, REAL y, int c, const Found *found) {
  switch (FUNCTION) {
    case FORWARD_KL:
    case REVERSE_KL:
    case JENSEN_SHANNON: {
      REAL log_p = logarithm(x, &found->x);
      REAL log_q = logarithm(y, &found->y);
      if (FUNCTION == FORWARD_KL) {
        add(&partial->second, product(exp(log_q), log_q - log_p));
      } else if (FUNCTION == REVERSE_KL) {
        add(&partial->first, product(exp(log_p), log_p - log_q));
      } else {
        add(&partial->first, product(exp(log_p), log_ratio_to_middle(log_p, log_q)));
        add(&partial->second, product(exp(log_q), log_ratio_to_middle(log_q, log_p)));
      }
      break;
    }
    case COSINE_SIMILARITY:
      add(&partial->first, x * x);
      add(&partial->second, y * y);
      add(&partial->third, x * y);
      break;
    default: {
      Greatest other = {(1 - y) * x, c};
      partial->x = greater_of(partial->x, other);
      add(&partial->third, y * x);
    }
  }
}

static inline void put_comparison(
    const Partial *partial, REAL epsilon, __global REAL *kept, __global REAL *column) {
  REAL first = value_of_sum(partial->first);
  REAL second = value_of_sum(partial->second);
  REAL third = value_of_sum(partial->third);
  REAL value;
  switch (FUNCTION) {
    case FORWARD_KL:
    case REVERSE_KL:
      value = first + second;
      break;
    case JENSEN_SHANNON:
      value = first / 2 + second / 2;
      break;
    case COSINE_SIMILARITY:
      first = sqrt(first);
      second = sqrt(second);
      value = -third / (at_least(epsilon, first) * at_least(epsilon, second));
      break;
    default:
      value = at_least(0, 1 + (partial->x.x - third));
  }
  kept[KEPT_VALUE] = value;
  kept[KEPT_OF_X] = first;
  kept[KEPT_OF_Y] = second;
  kept[KEPT_CLASS] = AS_REAL((BITS)partial->x.class_index);
  *column = value;
}

// The derivative of the value with respect to x_c.
static inline REAL slope_of(const Found *found, REAL x, REAL y, long c, REAL epsilon) {
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
        return scale * product(p, log_ratio_to_middle(log_p, log_q) - found->of_x) / 2;
    }
  }
  if (FUNCTION == COSINE_SIMILARITY) {
    // Where the norm is below epsilon it is a constant.
    REAL direction = -y / (at_least(epsilon, found->of_x) * at_least(epsilon, found->of_y));
    REAL turned = direction - found->value * x / (found->of_x * found->of_x);
    return found->of_x > epsilon ? turned : direction;
  }
  if (isnan(found->value)) {
    return (REAL)NAN;
  }
  return found->value > 0 ? (c == found->greatest_class ? 1 - y : 0) - y : 0;
}

// One pass over the rows, an item or a group a row.
__kernel __attribute__((reqd_work_group_size(ITEM_GROUP, 1, 1))) void compare_pairs(
    COMPARISON_ARGUMENTS, NUMBERS, __global REAL *all_kept, int pass) {
  __local Partial shared[ITEMS];
#if ITEMS > 1
  long row = get_group_id(0);
  int item = get_local_id(0);
#else
  long row = get_global_id(0);
  int item = 0;
  if (row >= rows) {
    return;
  }
#endif
  __global REAL *kept = all_kept + row * KEPT;
  Found found = found_of(kept, logit_scale);
  Place x_place = place_of(row, classes, inner, inner_stride);
  Place y_place = place_of(row, classes, inner, inner);
  Partial partial = no_partial();
  for (long c = item; c < classes; c += ITEMS) {
    REAL x = load_any(input, input_type, input_offset + at(x_place, c));
    REAL y = load_any(values, values_type, at(y_place, c));
    if (pass == FIND_GREATEST) {
      Greatest x_here = {x, (int)c};
      Greatest y_here = {y, (int)c};
      partial.x = greater_of(partial.x, x_here);
      partial.y = greater_of(partial.y, y_here);
    } else if (pass == FIND_SUMS) {
      add(&partial.first, exp(logit_scale * (x - found.x.greatest)));
      add(&partial.second, exp(logit_scale * (y - found.y.greatest)));
    } else {
      compare(&partial, x, y, (int)c, &found);
    }
  }
  partial = group_partial(partial, shared);
  if (item == 0) {
    if (pass == FIND_GREATEST) {
      kept[KEPT_X_GREATEST] = partial.x.x;
      kept[KEPT_Y_GREATEST] = partial.y.x;
    } else if (pass == FIND_SUMS) {
      kept[KEPT_X_LOG_SUM] = log(value_of_sum(partial.first));
      kept[KEPT_Y_LOG_SUM] = log(value_of_sum(partial.second));
    } else {
      put_comparison(&partial, epsilon, kept, columns + loss_column * rows + row);
      put_integer(0, matches_column, row, columns, rows);
    }
  }
}

// The gradient of a row, or of a segment of one.
__kernel __attribute__((reqd_work_group_size(ITEM_GROUP, 1, 1))) void write_pairs(
    COMPARISON_ARGUMENTS, NUMBERS, __global const REAL *all_kept) {
#if ITEMS > 1
  long row = get_group_id(1);
  long from = (long)get_group_id(0) * SEGMENT + get_local_id(0);
  long end = min(((long)get_group_id(0) + 1) * SEGMENT, (long)classes);
#else
  long row = get_global_id(0);
  long from = 0;
  long end = classes;
  if (row >= rows) {
    return;
  }
#endif
  Found found = found_of(all_kept + row * KEPT, logit_scale);
  Place x_place = place_of(row, classes, inner, inner_stride);
  Place y_place = place_of(row, classes, inner, inner);
  REAL scale = row_factors ? row_factors[row] : output_scale;
  for (long c = from; c < end; c += ITEMS) {
    REAL x = load_any(input, input_type, input_offset + at(x_place, c));
    REAL y = load_any(values, values_type, at(y_place, c));
    store_any(
        scale * slope_of(&found, x, y, c, epsilon), output, output_type,
        output_offset + at(x_place, c));
  }
}
