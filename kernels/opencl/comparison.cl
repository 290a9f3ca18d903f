// What the kernels of elements (elements.cl) and of pairs (pairs.cl) share: two matrices of one
// shape are compared, the input and the values beside it. Comes after types.cl with LANES=1.
//
//   ITEMS      how many work-items share a row: 1, each with a row of its own, or a whole group of
//              ITEM_GROUP
//   FUNCTION   what is compared, one of the names below
//
// The input and the output may be parts of larger matrices, as in rows.cl; the values of a chunk
// are always packed by themselves. What costs nothing at run time is no option: the element types,
// what is written, and which columns there are.

#define ITEM_GROUP 64

// The element types.
#define TYPE_FLOAT32 0
#define TYPE_FLOAT64 1
#define TYPE_FLOAT16 2
#define TYPE_BFLOAT16 3

// What is written.
#define WRITES_NOTHING 0
#define WRITES_GRADIENT 1
#define WRITES_ELEMENT_LOSS 2

#define NO_CLASS INT_MAX

// A column of −1 is not wanted; without row factors there is one factor for all rows, without
// weights every element weighs 1.
#define COMPARISON_ARGUMENTS                                                                      \
  __global const void *input, __global const void *values, __global void *output,                 \
  __global REAL *columns, __global const REAL *row_factors, __global const REAL *weights,         \
  __global const REAL *positive_weights, int input_type, int values_type, int output_type,        \
  long input_offset, long output_offset, long weights_outer, long weights_class,                  \
  long weights_inner, int classes, long inner, long inner_stride, long rows, int output_kind,     \
  int loss_column, int matches_column, int bad_class_column, int bad_target_class_column

static inline REAL load_any(__global const void *p, int type, long i) {
  switch (type) {
#ifdef REAL_IS_DOUBLE
    case TYPE_FLOAT64:
      return load_one_FLOAT64((__global const double *)p + i);
#endif
    case TYPE_FLOAT16:
      return load_one_FLOAT16((__global const half *)p + i);
    case TYPE_BFLOAT16:
      return load_one_BFLOAT16((__global const ushort *)p + i);
    default:
      return load_one_FLOAT32((__global const float *)p + i);
  }
}

static inline void store_any(REAL x, __global void *p, int type, long i) {
  switch (type) {
#ifdef HAS_DOUBLES
    case TYPE_FLOAT64:
      store_one_FLOAT64(x, (__global double *)p + i);
      break;
#endif
    case TYPE_FLOAT16:
      store_one_FLOAT16(x, (__global half *)p + i);
      break;
    case TYPE_BFLOAT16:
      store_one_BFLOAT16(x, (__global ushort *)p + i);
      break;
    default:
      store_one_FLOAT32(x, (__global float *)p + i);
  }
}

// Where class 0 of a row stands, and how far it is to the next class.
typedef struct {
  long first;
  long step;
} Place;

static inline Place place_of(long row, int classes, long inner, long inner_stride) {
  Place place;
  place.first = row / inner * classes * inner_stride + row % inner;
  place.step = inner_stride;
  return place;
}

static inline long at(Place place, long c) {
  return place.first + c * place.step;
}

// Not fmax: a NaN has to stay one.
static inline REAL at_least(REAL low, REAL x) {
  return x < low ? low : x;
}

// A sum and what its additions have lost, so that no row is too long.
typedef struct {
  REAL sum;
  REAL error;
} Sum;

static inline Sum no_sum(void) {
  Sum none = {0, 0};
  return none;
}

static inline void add(Sum *to, REAL x) {
  REAL sum = to->sum + x;
  REAL added = sum - to->sum;
  to->error += (to->sum - (sum - added)) + (x - added);
  to->sum = sum;
}

static inline void add_sum(Sum *to, Sum other) {
  add(to, other.sum);
  to->error += other.error;
}

// Of an infinite sum the error is a NaN.
static inline REAL value_of_sum(Sum s) {
  return isnan(s.error) ? s.sum : s.sum + s.error;
}

// Integers travel in the bits of the column's type.
static inline void put_integer(
    BITS x, int column, long row, __global REAL *columns, long rows) {
  if (column >= 0) {
    columns[column * rows + row] = AS_REAL(x);
  }
}
