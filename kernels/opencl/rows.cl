// What a row kernel is given, how an element becomes the z of the plan, and the epilogue: the
// second half of dev.batchloss.plan.RowEpilogue, whose first half (the losses) the host computes.
//
// A matrix is packed: outer × classes × inner, the inner index fastest. Input and output may be
// parts of larger ones: the chunk begins at an offset, and `inner_stride` is the inner length of the
// whole. The distributions of a chunk are always packed by themselves.
//
// A class target of −1 is an ignored row; without row factors there is one factor for all rows.

typedef struct {
  int classes;
  long inner;
  long inner_stride;
  long rows;
  // Whether an ignored row has statistics and an output all the same.
  int reads_ignored;
  // Multiplies distances from the shift; 1 where a softcap has scaled already.
  REAL scale;
  REAL logit_scale;
  REAL softcap;
  REAL softcap_slope;
  REAL clip_low;
  REAL clip_high;
  REAL target_share;
  REAL smoothing_share;
  REAL class_weight_sum;
  REAL z_loss;
  REAL entropy;
  REAL focusing;
  REAL gradient_scale;
} Parameters;

#define ROW_ARGUMENTS                                                                             \
  __global const ELEMENT(INPUT) *input, __global ELEMENT(OUTPUT) *output, __global REAL *columns, \
  __global const int *targets, __global const ELEMENT(TARGET) *distributions,                     \
  __global const REAL *row_factors, __global const REAL *class_weights, long input_offset,        \
  long output_offset, int classes, long inner, long inner_stride, long rows, int reads_ignored,   \
  REAL scale, REAL logit_scale, REAL softcap, REAL softcap_slope, REAL clip_low, REAL clip_high,  \
  REAL target_share, REAL smoothing_share, REAL class_weight_sum, REAL z_loss, REAL entropy,      \
  REAL focusing, REAL gradient_scale

#define PARAMETERS                                                                                \
  {                                                                                               \
    classes, inner, inner_stride, rows, reads_ignored, scale, logit_scale, softcap,               \
    softcap_slope, clip_low, clip_high, target_share, smoothing_share, class_weight_sum,          \
    z_loss, entropy, focusing, gradient_scale                                                     \
  }

// A distance from the shift, in units of z.
#ifdef IS_SCALED
#define SCALED(x, parameters) ((x) * (parameters)->scale)
#else
#define SCALED(x, parameters) (x)
#endif

// A probability before it is clipped.
static inline V unclipped(V x, S input_sum) {
#ifdef NORMALIZES_BEFORE_CLIP
  return x / input_sum;
#else
  return x;
#endif
}

// Comparisons, not fmin and fmax: a NaN has to stay one.
static inline V clipped(V p, const Parameters *parameters) {
  V low = parameters->clip_low;
  V high = parameters->clip_high;
  return p < low ? low : (p > high ? high : p);
}

// tanh. Near 1 it is formed from its distance to 1, so that it is 1 where the exact value rounds to
// it: which elements tie is part of the result, and drivers' own functions err there.
static inline V tanh_of(V a) {
  V t = expm1(2 * fabs(a));
  V near_one = 1 - 2 / (t + 2);
  return copysign(t < 6 ? t / (t + 2) : near_one, a);
}

// What rows are ordered by and shifts are taken of: z, but for the factor `scale`.
static inline V ordered(V x, S input_sum, const Parameters *parameters) {
#if defined(IS_PROBABILITIES)
  return log(clipped(unclipped(x, input_sum), parameters));
#elif defined(HAS_SOFTCAP)
  return parameters->softcap * tanh_of(x * parameters->softcap_slope);
#else
  return x;
#endif
}

// The row's scalars of the gradient, as in RowEpilogue, and what makes a z a probability.
typedef struct {
  S u;
  S e;
  S r;
  S k;
  S h;
  S origin;
  S log_normalizer;
  // exp(lse), for probabilities only.
  S normalizer;
} RowScalars;

// p = e^−nll; less than 0, focusing is the exponent of generalised cross-entropy.
static inline S focal_derivative(S nll, REAL focusing) {
  if (focusing < 0) {
    return exp(focusing * nll);
  }
  S probability = exp(-nll);
  S expm = -expm1(-nll);
  S missing = expm < 0 ? (S)0 : expm;
  S focus = focusing;
  S slope = focusing * pow(missing, focus - 1) * probability * nll;
  S derivative = pow(missing, focus) + (probability == 0 ? (S)0 : slope);
  return nll <= 0 ? (S)0 : derivative;
}

static inline RowScalars epilogue(
    const Totals *totals, S target_shifted, S target_weight, S factor,
    const Parameters *parameters) {
  RowScalars row;
  row.origin = origin_of(totals->shift);
#ifdef NORMALIZES
  S sum = TO_S(totals->sum);
  S logarithm = log(sum);
  row.log_normalizer = ((sum > 0) & (sum < (REAL)INFINITY)) ? logarithm : (S)(REAL)NAN;
#else
  row.log_normalizer = 0;
#endif
  S lse = row.origin * parameters->scale + row.log_normalizer;
#ifdef IS_PROBABILITIES
  row.normalizer = exp(lse);
#endif
  S u = 0;
  S e = 0;
  S r = 0;
  S h = 0;
#ifdef HAS_CLASS_TARGETS
  r = parameters->target_share * target_weight;
  if (parameters->focusing != 0) {
    r *= focal_derivative(row.log_normalizer - target_shifted, parameters->focusing);
  }
#ifdef NORMALIZES
  u += r;
#endif
#endif
#ifdef COLUMN_TARGET_MOMENT
  h = parameters->target_share;
#ifdef NORMALIZES
  u += h * TO_S(totals->target_mass);
#endif
#endif
#ifdef NORMALIZES
  u += parameters->smoothing_share * parameters->class_weight_sum;
#endif
  if (parameters->z_loss != 0) {
    u += 2 * parameters->z_loss * lse;
  }
#ifdef COLUMN_ENTROPY_MOMENT
  if (parameters->entropy != 0) {
#ifdef NORMALIZES
    // H − log Σ e^(z−shift).
    u += parameters->entropy * TO_S(totals->entropy_moment / totals->sum);
#else
    u -= parameters->entropy;
#endif
    e -= parameters->entropy;
  }
#endif
  row.u = factor * u;
  row.e = factor * e;
  row.r = factor * r;
  row.k = factor * parameters->smoothing_share;
  row.h = factor * h;
  return row;
}

// u + e·(z−shift).
static inline V inclination(const RowScalars *row, V d, const Parameters *parameters) {
  return parameters->entropy == 0 ? (V)row->u : row->u + row->e * d;
}

// p·(u + e·(z−shift)): where p is 0 its logarithm is −∞, and p·log p is 0.
static inline V pull_of(const RowScalars *row, V d, const Parameters *parameters) {
  V p = exp_of(d - row->log_normalizer);
  return p == 0 ? (V)0 : p * inclination(row, d, parameters);
}

// What the target and the smoothing take from the gradient.
static inline V push_of(const RowScalars *row, V w, V q, VBITS is_target) {
  V push = row->k * w;
#ifdef COLUMN_TARGET_MOMENT
  push += row->h * w * q;
#endif
#ifdef HAS_CLASS_TARGETS
  push += is_target != 0 ? (V)row->r : (V)0;
#endif
  return push;
}

// 1 where clipping has moved a probability, which takes its derivative, else 0.
static inline VBITS is_clipped(V p, const Parameters *parameters) {
  return ((p < parameters->clip_low) | (p > parameters->clip_high)) != 0 ? (VBITS)1 : (VBITS)0;
}

// pull − push of unclipped probabilities: Σ of it is what dividing by the row's sum takes away. NaN,
// which p − p then is, where the sum makes no distribution of the row.
static inline V mean_term(
    V x, const RowScalars *row, S input_sum, V w, V q, VBITS is_target,
    const Parameters *parameters) {
  V p = unclipped(x, input_sum);
  V d = log(clipped(p, parameters)) - row->origin;
#ifdef NORMALIZES
  V pull = pull_of(row, d, parameters);
#else
  V pull = parameters->entropy == 0 ? (V)0 : pull_of(row, d, parameters);
#endif
  return is_clipped(p, parameters) != 0 ? (V)0 : pull - push_of(row, w, q, is_target) + (p - p);
}

// The element of the output matrix: x as it was given, z as ordered() made it.
static inline V output_of(
    V x, V z, const RowScalars *row, S input_sum, S mean, V w, V q, VBITS is_target,
    const Parameters *parameters) {
  V d = SCALED(z - row->origin, parameters);
#if defined(WRITES_LOG_SOFTMAX)
  return d - row->log_normalizer;
#elif defined(WRITES_SOFTMAX)
  return exp_of(d - row->log_normalizer);
#elif defined(IS_PROBABILITIES)
  V p = unclipped(x, input_sum);
  V push = push_of(row, w, q, is_target);
  V taken = push == 0 ? (V)0 : push / clipped(p, parameters);
  V derivative = inclination(row, d, parameters) / row->normalizer - taken;
  V kept = is_clipped(p, parameters) != 0 ? (V)0 : derivative;
#ifdef NORMALIZES_BEFORE_CLIP
  return (kept - mean) / input_sum;
#else
  return kept;
#endif
#else
#ifdef NORMALIZES
  V pull = pull_of(row, d, parameters);
#else
  V pull = parameters->entropy == 0 ? (V)0 : pull_of(row, d, parameters);
#endif
  V dz = pull - push_of(row, w, q, is_target);
#ifdef HAS_SOFTCAP
  V share = z / parameters->softcap;
  return parameters->logit_scale * (1 - share * share) * dz;
#else
  return parameters->logit_scale * dz;
#endif
#endif
}

// Stores S into a column: of one row, or of `count` rows from `index` on.
static inline void put(
    S x, int column, long index, int count, __global REAL *columns, long rows) {
#ifdef LANES_ARE_ROWS
  REAL lanes[LANES];
  STORE_LANES(x, lanes);
  for (int lane = 0; lane < count; lane++) {
    columns[column * rows + index + lane] = lanes[lane];
  }
#else
  columns[column * rows + index] = x;
#endif
}

// Integers travel in the bits of the column's type.
static inline void put_integer(
    SBITS x, int column, long index, int count, __global REAL *columns, long rows) {
#ifdef LANES_ARE_ROWS
  put(JOIN(as_, V)(x), column, index, count, columns, rows);
#else
  put(AS_REAL(x), column, index, count, columns, rows);
#endif
}

static inline void put_class(
    SBITS x, int column, long index, int count, __global REAL *columns, long rows) {
  put_integer(x == NO_CLASS ? (SBITS)-1 : x, column, index, count, columns, rows);
}

static inline void store_columns(
    const Totals *totals, S target_ordered, long index, int count, __global REAL *columns,
    long rows, REAL scale) {
#ifdef COLUMN_SHIFT
  put(origin_of(totals->shift), COLUMN_SHIFT, index, count, columns, rows);
#endif
#ifdef COLUMN_TARGET_ORDERED
  put(target_ordered, COLUMN_TARGET_ORDERED, index, count, columns, rows);
#endif
#define PUT(column, field) put(TO_S(totals->field), column, index, count, columns, rows);
#ifdef COLUMN_SUM
  PUT(COLUMN_SUM, sum)
#endif
  IF_CLASS_MOMENT(PUT(COLUMN_CLASS_MOMENT, class_moment))
  IF_TARGET_MOMENT(PUT(COLUMN_TARGET_MOMENT, target_moment) PUT(COLUMN_TARGET_MASS, target_mass))
  IF_PLAIN_TARGET_MOMENT(
      PUT(COLUMN_PLAIN_TARGET_MOMENT, plain_target_moment)
      PUT(COLUMN_PLAIN_TARGET_MASS, plain_target_mass))
  IF_TARGET_NEGENTROPY(PUT(COLUMN_TARGET_NEGENTROPY, target_negentropy))
  IF_ENTROPY_MOMENT(PUT(COLUMN_ENTROPY_MOMENT, entropy_moment))
  IF_SQUARE_SUM(PUT(COLUMN_SQUARE_SUM, square_sum))
  IF_TARGET_PRODUCT(
      PUT(COLUMN_TARGET_PRODUCT, target_product)
      PUT(COLUMN_TARGET_SQUARE_SUM, target_square_sum))
  IF_INPUT_SUM(PUT(COLUMN_INPUT_SUM, input_sum))
#define PUT_CLASS(column, field) put_class(totals->field, column, index, count, columns, rows);
#ifdef COLUMN_MAXIMUM
  S maximum = (totals->maximum - origin_of(totals->shift)) * scale;
  put(maximum, COLUMN_MAXIMUM, index, count, columns, rows);
#endif
#ifdef COLUMN_ARGMAX
  PUT_CLASS(COLUMN_ARGMAX, argmax)
#endif
  IF_TARGET_ARGMAX(PUT_CLASS(COLUMN_TARGET_ARGMAX, target_argmax))
  IF_RANK(put_integer(totals->above + 1, COLUMN_RANK, index, count, columns, rows);)
  IF_BAD_CLASS(PUT_CLASS(COLUMN_BAD_CLASS, bad_class))
  IF_BAD_TARGET_CLASS(PUT_CLASS(COLUMN_BAD_TARGET_CLASS, bad_target_class))
}
