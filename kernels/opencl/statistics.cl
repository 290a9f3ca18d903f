// The statistics of classes and how they are put together. Terms are relative to a shift, about the
// greatest element so far; what is added for one block of classes (Sums) goes to running totals
// (Totals) block by block, so that no chain of additions in 32 bits grows long.
//
//   S       the type of a row's scalars: REAL where all lanes belong to one row (along.cl),
//           V where every lane is a row of its own (across.cl)
//   SBITS   the integers of S
//   TOTAL   the type of a row's totals: of doubles where the device has them, else two floats (the
//           rounding errors of the additions are added up beside)

#ifdef TOTAL_IS_DOUBLE
#define TOTAL_TYPE double
#else
#define TOTAL_TYPE REAL
#endif

#ifdef LANES_ARE_ROWS
#define S V
#define SBITS VBITS
#define TOTAL VECTOR(TOTAL_TYPE)
#define TO_TOTAL(x) CONVERT(TOTAL_TYPE, x)
#define TO_S(x) CONVERT(REAL, x)
#define TO_SBITS(x) CONVERT(BITS, x)
#define SUM_OF(x) (x)
#else
#define S REAL
#define SBITS BITS
#define TOTAL TOTAL_TYPE
#define TO_TOTAL(x) ((TOTAL)(x))
#define TO_S(x) ((REAL)(x))
#define TO_SBITS(x) ((BITS)(x))
#define SUM_OF(x) lane_sum(x)

static inline REAL lane_sum(V x) {
#if LANES == 16
  JOIN(REAL, 8) a = x.lo + x.hi;
  JOIN(REAL, 4) b = a.lo + a.hi;
  JOIN(REAL, 2) c = b.lo + b.hi;
  return c.x + c.y;
#elif LANES == 4
  JOIN(REAL, 2) c = x.lo + x.hi;
  return c.x + c.y;
#else
  return x;
#endif
}

static inline REAL greater(REAL a, REAL b) {
  return b > a ? b : a;
}

static inline REAL lane_greatest(V x) {
#if LANES == 16
  JOIN(REAL, 8) a = x.hi > x.lo ? x.hi : x.lo;
  JOIN(REAL, 4) b = a.hi > a.lo ? a.hi : a.lo;
  return greater(greater(b.x, b.y), greater(b.z, b.w));
#elif LANES == 4
  return greater(greater(x.x, x.y), greater(x.z, x.w));
#else
  return x;
#endif
}
#endif

// Which sums there are follows from the columns that are asked for.
#ifdef COLUMN_CLASS_MOMENT
#define IF_CLASS_MOMENT(x) x
#else
#define IF_CLASS_MOMENT(x)
#endif
#ifdef COLUMN_TARGET_MOMENT
#define IF_TARGET_MOMENT(x) x
#else
#define IF_TARGET_MOMENT(x)
#endif
#ifdef COLUMN_PLAIN_TARGET_MOMENT
#define IF_PLAIN_TARGET_MOMENT(x) x
#else
#define IF_PLAIN_TARGET_MOMENT(x)
#endif
#ifdef COLUMN_TARGET_NEGENTROPY
#define IF_TARGET_NEGENTROPY(x) x
#else
#define IF_TARGET_NEGENTROPY(x)
#endif
#ifdef COLUMN_ENTROPY_MOMENT
#define IF_ENTROPY_MOMENT(x) x
#else
#define IF_ENTROPY_MOMENT(x)
#endif
#ifdef COLUMN_SQUARE_SUM
#define IF_SQUARE_SUM(x) x
#else
#define IF_SQUARE_SUM(x)
#endif
#ifdef COLUMN_TARGET_PRODUCT
#define IF_TARGET_PRODUCT(x) x
#else
#define IF_TARGET_PRODUCT(x)
#endif
#ifdef COLUMN_INPUT_SUM
#define IF_INPUT_SUM(x) x
#else
#define IF_INPUT_SUM(x)
#endif
#ifdef COLUMN_BAD_CLASS
#define IF_BAD_CLASS(x) x
#else
#define IF_BAD_CLASS(x)
#endif
#ifdef COLUMN_BAD_TARGET_CLASS
#define IF_BAD_TARGET_CLASS(x) x
#else
#define IF_BAD_TARGET_CLASS(x)
#endif
#ifdef COLUMN_RANK
#define IF_RANK(x) x
#else
#define IF_RANK(x)
#endif
#ifdef COLUMN_MAXIMUM
#define IF_MAXIMUM(x) x
#else
#define IF_MAXIMUM(x)
#endif
#ifdef COLUMN_TARGET_ARGMAX
#define IF_TARGET_ARGMAX(x) x
#else
#define IF_TARGET_ARGMAX(x)
#endif

// The sums of shifted elements change with the shift, the others do not.
#define EACH_SUM(DO) \
  DO(sum) \
  IF_CLASS_MOMENT(DO(class_moment) DO(class_mass)) \
  IF_TARGET_MOMENT(DO(target_moment) DO(target_mass)) \
  IF_PLAIN_TARGET_MOMENT(DO(plain_target_moment) DO(plain_target_mass)) \
  IF_TARGET_NEGENTROPY(DO(target_negentropy)) \
  IF_ENTROPY_MOMENT(DO(entropy_moment)) \
  IF_SQUARE_SUM(DO(square_sum)) \
  IF_INPUT_SUM(DO(input_sum)) \
  IF_TARGET_PRODUCT(DO(target_product) DO(target_square_sum))

#define DECLARE_V(field) V field;
#ifdef COMPENSATES
#define DECLARE_TOTAL(field) TOTAL field; TOTAL JOIN(field, _error);
#else
#define DECLARE_TOTAL(field) TOTAL field;
#endif

// Of one block of classes, a lane each.
typedef struct {
  EACH_SUM(DECLARE_V)
  IF_RANK(V above;)
} Sums;

// No class is this one: what `bad_class` and its like hold where none is bad.
#define NO_CLASS 0x7FFFFFFF

// Of the classes so far.
typedef struct {
  EACH_SUM(DECLARE_TOTAL)
  IF_RANK(SBITS above;)
  S shift;
  IF_MAXIMUM(S maximum; SBITS argmax;)
  IF_TARGET_ARGMAX(S target_maximum; SBITS target_argmax;)
  IF_BAD_CLASS(SBITS bad_class;)
  IF_BAD_TARGET_CLASS(SBITS bad_target_class;)
} Totals;

// A coefficient of 0 makes 0, also of an infinity.
#define PRODUCT(coefficient, x) ((coefficient) == 0 ? (coefficient) : (coefficient) * (x))

// A V of classes, or of rows at one class.
typedef struct {
  // As it was given; 0 in lanes beyond the last class.
  V x;
  // What ordered() makes of it; −∞ there.
  V z;
  // Class weights; 0 there.
  V w;
  // Target probabilities; 0 there.
  V q;
  VBITS is_target;
  VBITS is_before_target;
  // Not a lane beyond the last class.
  VBITS is_class;
} Elements;

// What a target's coefficient makes of z − shift.
#ifdef ZERO_TIMES_INFINITY_IS_NAN
#define TARGET_PRODUCT(coefficient, d) (elements->is_class != 0 ? (coefficient) * (d) : (V)0)
#else
#define TARGET_PRODUCT(coefficient, d) PRODUCT(coefficient, d)
#endif

// Adds the terms of one V; d is z − shift.
static inline void add_terms(Sums *sums, const Elements *elements, V d, V target_ordered) {
  V w = elements->w;
  V q = elements->q;
  V power;
  V p = exp_factors(d, &power);
  V e = p * power;
  sums->sum = fma(p, power, sums->sum);
#ifdef COLUMN_CLASS_MOMENT
  sums->class_moment += PRODUCT(w, d);
  sums->class_mass += w;
#endif
#ifdef COLUMN_TARGET_MOMENT
  V weighted = w * q;
  sums->target_moment += TARGET_PRODUCT(weighted, d);
  sums->target_mass += weighted;
#endif
#ifdef COLUMN_PLAIN_TARGET_MOMENT
  sums->plain_target_moment += TARGET_PRODUCT(q, d);
  sums->plain_target_mass += q;
#endif
#ifdef COLUMN_TARGET_NEGENTROPY
  V share = w * q;
  sums->target_negentropy += PRODUCT(share, log(q));
#endif
#ifdef COLUMN_ENTROPY_MOMENT
  sums->entropy_moment += PRODUCT(e, d);
#endif
#ifdef COLUMN_SQUARE_SUM
  sums->square_sum += e * e;
#endif
#ifdef COLUMN_TARGET_PRODUCT
  sums->target_product += q * e;
  sums->target_square_sum += q * q;
#endif
#ifdef COLUMN_INPUT_SUM
  sums->input_sum += elements->x;
#endif
#ifdef COLUMN_RANK
  // Greater ones, and equal ones before it.
  V tie = elements->is_before_target != 0 ? (V)1 : (V)0;
  sums->above +=
      elements->z > target_ordered ? (V)1 : (elements->z == target_ordered ? tie : (V)0);
#endif
}

// What plan.TargetScan takes for a probability.
static inline VBITS is_probability(V x) {
  V one = (REAL)(1 + 1e-6f);
  return ((x >= 0) & (x <= one)) != 0 ? (VBITS)1 : (VBITS)0;
}

static inline Sums no_sums(void) {
  Sums sums;
#define CLEAR(field) sums.field = 0;
  EACH_SUM(CLEAR)
  IF_RANK(sums.above = 0;)
  return sums;
}

static inline Totals no_totals(void) {
  Totals totals;
#ifdef COMPENSATES
#define CLEAR_TOTAL(field) totals.field = 0; totals.JOIN(field, _error) = 0;
#else
#define CLEAR_TOTAL(field) totals.field = 0;
#endif
  EACH_SUM(CLEAR_TOTAL)
  IF_RANK(totals.above = 0;)
#ifdef NORMALIZES
  totals.shift = NEGATIVE_INFINITY;
#else
  totals.shift = 0;
#endif
  IF_MAXIMUM(totals.maximum = NEGATIVE_INFINITY; totals.argmax = 0;)
  IF_TARGET_ARGMAX(totals.target_maximum = NEGATIVE_INFINITY; totals.target_argmax = 0;)
  IF_BAD_CLASS(totals.bad_class = NO_CLASS;)
  IF_BAD_TARGET_CLASS(totals.bad_target_class = NO_CLASS;)
  return totals;
}

// What is subtracted from elements: nothing while there are only −∞ and NaN, whose terms are the
// same under every shift.
static inline S origin_of(S shift) {
#ifdef NORMALIZES
  return shift == NEGATIVE_INFINITY ? 0 : shift;
#else
  return 0;
#endif
}

// Whether elements have grown so far above the shift that it has to follow. Moving it rounds every
// total: floats would lose more by many small steps than by all additions, and so wait until the
// step takes what was lost before down with it.
#ifdef COMPENSATES
#define OUTGROWS(greatest, shift, scale) (((greatest) - (shift)) * (scale) > 1)
#else
#define OUTGROWS(greatest, shift, scale) ((greatest) > (shift))
#endif

// Puts what additions have lost into the totals, before they are used.
static inline void settle(Totals *totals) {
#ifdef COMPENSATES
#define SETTLE(field) \
  totals->field += totals->JOIN(field, _error); \
  totals->JOIN(field, _error) = 0;
  EACH_SUM(SETTLE)
#endif
}

// Expresses the totals relative to a greater shift.
static inline void move_shift(Totals *totals, S to, REAL scale) {
#ifdef NORMALIZES
  settle(totals);
#if GROUP == 1 && !defined(LANES_ARE_ROWS)
  // Nothing to move, which is the rule: an exponential would take as long as many classes.
  if (totals->shift == NEGATIVE_INFINITY || totals->shift == to) {
    totals->shift = to;
    return;
  }
#endif
  S step = (totals->shift - to) * scale;
  // Also where neither is finite yet, and the difference is no number.
  S moved = totals->shift == NEGATIVE_INFINITY || totals->shift == to ? 0 : step;
  TOTAL delta = TO_TOTAL(moved);
  TOTAL factor = exp(delta);
  IF_ENTROPY_MOMENT(totals->entropy_moment =
                        factor == 0 ? 0 : factor * (totals->entropy_moment + totals->sum * delta);)
  totals->sum *= factor;
  IF_SQUARE_SUM(totals->square_sum *= factor * factor;)
  IF_TARGET_PRODUCT(totals->target_product *= factor;)
  IF_CLASS_MOMENT(totals->class_moment += PRODUCT(totals->class_mass, delta);)
  IF_TARGET_MOMENT(totals->target_moment += PRODUCT(totals->target_mass, delta);)
  IF_PLAIN_TARGET_MOMENT(
      totals->plain_target_moment += PRODUCT(totals->plain_target_mass, delta);)
  totals->shift = to;
#endif
}

// Of equal ones the first class counts.
static inline void keep_greater(S *maximum, SBITS *argmax, S other, SBITS other_argmax) {
  SBITS before = other_argmax < *argmax ? other_argmax : *argmax;
  *argmax = other > *maximum ? other_argmax : (other == *maximum ? before : *argmax);
  *maximum = other > *maximum ? other : *maximum;
}

#ifdef COMPENSATES
// The error of an addition, exactly (Knuth 1969). A sum that is not finite has none.
static inline TOTAL error_of(TOTAL a, TOTAL b, TOTAL sum) {
  TOTAL b_in_sum = sum - a;
  TOTAL error = (a - (sum - b_in_sum)) + (b - b_in_sum);
  return error == error ? error : (TOTAL)0;
}

#define ADD_TO(field, addend) \
  { \
    TOTAL before = totals->field; \
    TOTAL term = addend; \
    totals->field = before + term; \
    totals->JOIN(field, _error) += error_of(before, term, totals->field); \
  }
#else
#define ADD_TO(field, addend) totals->field += addend;
#endif

static inline void add_block(Totals *totals, const Sums *sums) {
#define ADD_SUM(field) ADD_TO(field, TO_TOTAL(SUM_OF(sums->field)))
  EACH_SUM(ADD_SUM)
  IF_RANK(totals->above += TO_SBITS(SUM_OF(sums->above));)
}

// Adds the totals of classes that another thread or segment saw.
static inline void add_totals(Totals *totals, const Totals *others, REAL scale) {
  Totals next = *others;
  S shift = next.shift > totals->shift ? next.shift : totals->shift;
  move_shift(totals, shift, scale);
  move_shift(&next, shift, scale);
  settle(&next);
#define ADD_TOTAL(field) ADD_TO(field, next.field)
  EACH_SUM(ADD_TOTAL)
  IF_RANK(totals->above += next.above;)
#ifdef COLUMN_MAXIMUM
  keep_greater(&totals->maximum, &totals->argmax, next.maximum, next.argmax);
#endif
#ifdef COLUMN_TARGET_ARGMAX
  keep_greater(
      &totals->target_maximum, &totals->target_argmax, next.target_maximum, next.target_argmax);
#endif
  IF_BAD_CLASS(totals->bad_class = min(totals->bad_class, next.bad_class);)
  IF_BAD_TARGET_CLASS(
      totals->bad_target_class = min(totals->bad_target_class, next.bad_target_class);)
}
