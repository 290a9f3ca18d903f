// Rows whose classes are contiguous. GROUP work-items walk along a row, LANES classes at a time:
// one item with wide vectors on a CPU device, a work-group on a GPU. A row is reduced in segments
// of SEGMENT classes, each with a shift of its own, which are put together in their order; so a
// group that takes a whole row and groups that take a segment each give the same bits.
//
//   BLOCK   how many V an item reads before their terms are added: their maximum comes first

#define SEGMENT 65536

#if LANES == 16
#define LANE_INDEX ((VBITS)(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15))
#else
#define LANE_INDEX ((VBITS)(0, 1, 2, 3))
#endif

typedef struct {
  __global const ELEMENT(INPUT) * x;
  __global const ELEMENT(TARGET) * q;
  __global const REAL *w;
#if GROUP == 1
  // LANES elements may be read from any class on: those beyond the last are of rows behind.
  bool has_room_behind;
#endif
  // −1 where there is none.
  int target;
  bool is_ignored;
  REAL target_ordered;
  // Σ x of probabilities.
  REAL input_sum;
#ifdef KEEPS_ROW
  // The ordered elements, padded to whole V. An item only reads those it has written itself.
  __local REAL *kept;
#endif
} Row;

// Where an item's vectors of a block stand: `full` whole ones, then one of `rest` lanes.
typedef struct {
  long first;
  int full;
  int rest;
} Span;

static inline Span span_of(long block, long end) {
  const long step = GROUP * LANES;
  Span span;
  span.first = block + (long)get_local_id(0) * LANES;
  long room = end - span.first;
  span.full = room < LANES ? 0 : (int)min((long)BLOCK, (room - LANES) / step + 1);
  long left = room - span.full * step;
  span.rest = span.full < BLOCK && left > 0 ? (int)min(left, (long)LANES) : 0;
  return span;
}

static inline long class_at(const Span *span, int i) {
  return span->first + (long)i * (GROUP * LANES);
}

static inline V load_input(const Row *row, long c, int n) {
  if (n == LANES) {
    return LOAD(INPUT)(row->x + c);
  }
#if GROUP == 1
  if (row->has_room_behind) {
    V x = LOAD(INPUT)(row->x + c);
    return LANE_INDEX < n ? x : (V)0;
  }
#endif
  REAL lanes[LANES];
  for (int lane = 0; lane < LANES; lane++) {
    lanes[lane] = lane < n ? LOAD_ONE(INPUT)(row->x + c + lane) : 0;
  }
  return LOAD_LANES(lanes);
}

// The macro is a mark of PoCL, where OpenCL's own prefetch does nothing.
#if GROUP == 1 && defined(POCL_DEVICE_ADDRESS_BITS)
#define FETCHES_AHEAD
// Asks for the elements two blocks behind class c, of this row or of rows behind: a processor
// fetches little by itself while it is busy with exponentials. Past the matrix it does nothing.
static inline void fetch_ahead(const Row *row, long c) {
  __builtin_prefetch((const void *)(size_t)(row->x + c + 2 * BLOCK * LANES));
}
#endif

static inline V load_distribution(const Row *row, long c, int n) {
#ifdef HAS_PROBABILITY_TARGETS
  if (n == LANES) {
    return LOAD(TARGET)(row->q + c);
  }
#if GROUP == 1
  if (row->has_room_behind) {
    V q = LOAD(TARGET)(row->q + c);
    return LANE_INDEX < n ? q : (V)0;
  }
#endif
  REAL lanes[LANES];
  for (int lane = 0; lane < LANES; lane++) {
    lanes[lane] = lane < n ? LOAD_ONE(TARGET)(row->q + c + lane) : 0;
  }
  return LOAD_LANES(lanes);
#else
  return 0;
#endif
}

static inline V load_weights(const Row *row, long c, int n) {
#ifdef HAS_CLASS_WEIGHTS
  // The host has padded them with zeros.
  return LOAD_LANES(row->w + c);
#else
  return n == LANES ? (V)1 : (LANE_INDEX < n ? (V)1 : (V)0);
#endif
}

// The elements in their order, when they are met first.
static inline V meet_ordered(const Row *row, long c, int n, const Parameters *parameters) {
  V z = ordered(load_input(row, c, n), row->input_sum, parameters);
  z = n == LANES ? z : (LANE_INDEX < n ? z : (V)NEGATIVE_INFINITY);
#ifdef KEEPS_ROW
  STORE_LANES(z, row->kept + c);
#endif
  return z;
}

// The same afterwards.
static inline V load_ordered(const Row *row, long c, int n, const Parameters *parameters) {
#ifdef KEEPS_ROW
  return LOAD_LANES(row->kept + c);
#else
  return meet_ordered(row, c, n, parameters);
#endif
}

// The first greatest element of the distribution: the target whose rank is wanted.
static inline int greatest_target(const Row *row, int classes) {
  int target = 0;
#ifdef HAS_PROBABILITY_TARGETS
  REAL greatest = LOAD_ONE(TARGET)(row->q);
  for (int c = 1; c < classes; c++) {
    REAL q = LOAD_ONE(TARGET)(row->q + c);
    if (q > greatest || isnan(greatest)) {
      greatest = q;
      target = c;
    }
  }
#endif
  return target;
}

static inline void find_target(Row *row, const Parameters *parameters) {
#if defined(HAS_PROBABILITY_TARGETS) && defined(COLUMN_RANK)
  row->target = greatest_target(row, parameters->classes);
#endif
#if defined(HAS_CLASS_TARGETS) || defined(COLUMN_RANK)
  if (row->target >= 0) {
    V x = LOAD_ONE(INPUT)(row->x + row->target);
    row->target_ordered = ordered(x, row->input_sum, parameters).s0;
  }
#endif
}

// The first n lanes from class c on.
static inline Elements load_elements(
    const Row *row, long c, int n, const Parameters *parameters) {
  Elements elements;
  elements.x = load_input(row, c, n);
  elements.z = load_ordered(row, c, n, parameters);
  elements.w = load_weights(row, c, n);
  elements.q = load_distribution(row, c, n);
  VBITS distance = LANE_INDEX + ((BITS)c - row->target);
  elements.is_target = distance == 0 ? (VBITS)1 : (VBITS)0;
  elements.is_before_target = distance < 0 ? (VBITS)1 : (VBITS)0;
  elements.is_class = LANE_INDEX < n ? (VBITS)1 : (VBITS)0;
  return elements;
}

static inline int first_lane_at(V x, REAL wanted) {
  REAL lanes[LANES];
  STORE_LANES(x, lanes);
  int lane = 0;
  while (lane < LANES && lanes[lane] != wanted) {
    lane++;
  }
  return lane;
}

// Lanes of one vector add up in a fixed tree; items in one of their own, over `shared`.
static inline REAL group_sum(V x, __local REAL *shared) {
  REAL sum = lane_sum(x);
#if GROUP > 1
  int item = get_local_id(0);
  shared[item] = sum;
  barrier(CLK_LOCAL_MEM_FENCE);
  for (int half_size = GROUP / 2; half_size > 0; half_size /= 2) {
    if (item < half_size) {
      shared[item] += shared[item + half_size];
    }
    barrier(CLK_LOCAL_MEM_FENCE);
  }
  sum = shared[0];
  barrier(CLK_LOCAL_MEM_FENCE);
#endif
  return sum;
}

static inline Totals group_totals(Totals totals, __local Totals *shared, REAL scale) {
#if GROUP > 1
  int item = get_local_id(0);
  shared[item] = totals;
  barrier(CLK_LOCAL_MEM_FENCE);
  for (int half_size = GROUP / 2; half_size > 0; half_size /= 2) {
    if (item < half_size) {
      Totals left = shared[item];
      Totals right = shared[item + half_size];
      add_totals(&left, &right, scale);
      shared[item] = left;
    }
    barrier(CLK_LOCAL_MEM_FENCE);
  }
  totals = shared[0];
  barrier(CLK_LOCAL_MEM_FENCE);
#endif
  return totals;
}

static inline Row row_at(
    long index, __global const ELEMENT(INPUT) * input, __global const int *targets,
    __global const ELEMENT(TARGET) * distributions, __global const REAL *class_weights,
    const Parameters *parameters) {
  Row row;
  row.x = input + index * parameters->classes;
  row.w = class_weights;
#if GROUP == 1
  row.has_room_behind = (parameters->rows - 1 - index) * parameters->classes >= LANES;
#endif
  row.input_sum = 1;
  row.target = -1;
  row.is_ignored = false;
  row.target_ordered = 0;
#ifdef HAS_PROBABILITY_TARGETS
  row.q = distributions + index * parameters->classes;
#endif
#ifdef HAS_CLASS_TARGETS
  row.target = targets[index];
  row.is_ignored = row.target < 0;
#endif
  return row;
}

// The first class of the span whose ordered element is `wanted`.
static inline long first_class_at(
    const Row *row, Span span, REAL wanted, const Parameters *parameters) {
  for (int i = 0; i < span.full + (span.rest > 0); i++) {
    long c = class_at(&span, i);
    int n = i < span.full ? LANES : span.rest;
    int lane = first_lane_at(load_ordered(row, c, n, parameters), wanted);
    if (lane < n) {
      return c + lane;
    }
  }
  return NO_CLASS;
}

static inline long first_target_at(const Row *row, Span span, REAL wanted) {
  for (int i = 0; i < span.full + (span.rest > 0); i++) {
    long c = class_at(&span, i);
    int n = i < span.full ? LANES : span.rest;
    int lane = first_lane_at(load_distribution(row, c, n), wanted);
    if (lane < n) {
      return c + lane;
    }
  }
  return NO_CLASS;
}

// Notes the first of the n lanes from class c on that is no probability.
static inline void note_bad_class(SBITS *bad_class, V x, long c, int n) {
  VBITS fits = is_probability(x);
  if (!all(fits != 0)) {
    int lane = first_lane_at(fits != 0 ? (V)0 : (V)1, 1);
    if (lane < n) {
      *bad_class = min(*bad_class, (SBITS)(c + lane));
    }
  }
}

static inline void note_bad_classes(Totals *totals, const Elements *elements, long c, int n) {
  IF_BAD_CLASS(note_bad_class(&totals->bad_class, elements->x, c, n);)
  IF_BAD_TARGET_CLASS(note_bad_class(&totals->bad_target_class, elements->q, c, n);)
}

// Adds the classes of a block that this item reads: first their maximum, then their terms.
static inline void reduce_block(
    Totals *totals, const Row *row, Span span, const Parameters *parameters) {
  V greatest_of = NEGATIVE_INFINITY;
  V greatest_target_of = NEGATIVE_INFINITY;
  for (int i = 0; i < span.full; i++) {
    V z = meet_ordered(row, class_at(&span, i), LANES, parameters);
    greatest_of = z > greatest_of ? z : greatest_of;
#ifdef COLUMN_TARGET_ARGMAX
    V q = load_distribution(row, class_at(&span, i), LANES);
    greatest_target_of = q > greatest_target_of ? q : greatest_target_of;
#endif
  }
  if (span.rest > 0) {
    V z = meet_ordered(row, class_at(&span, span.full), span.rest, parameters);
    greatest_of = z > greatest_of ? z : greatest_of;
#ifdef COLUMN_TARGET_ARGMAX
    V q = load_distribution(row, class_at(&span, span.full), span.rest);
    q = LANE_INDEX < span.rest ? q : (V)NEGATIVE_INFINITY;
    greatest_target_of = q > greatest_target_of ? q : greatest_target_of;
#endif
  }
  REAL greatest = lane_greatest(greatest_of);
#ifdef COLUMN_TARGET_ARGMAX
  REAL greatest_target = lane_greatest(greatest_target_of);
  if (greatest_target > totals->target_maximum) {
    totals->target_maximum = greatest_target;
    totals->target_argmax = first_target_at(row, span, greatest_target);
  }
#endif
#ifdef COLUMN_MAXIMUM
  if (greatest > totals->maximum) {
    totals->maximum = greatest;
    totals->argmax = first_class_at(row, span, greatest, parameters);
  }
#endif
  if (OUTGROWS(greatest, totals->shift, parameters->scale)) {
    move_shift(totals, greatest, parameters->scale);
  }
  REAL origin = origin_of(totals->shift);
  Sums sums = no_sums();
  for (int i = 0; i < span.full; i++) {
    long c = class_at(&span, i);
#ifdef FETCHES_AHEAD
    fetch_ahead(row, c);
#endif
    Elements elements = load_elements(row, c, LANES, parameters);
    V d = SCALED(elements.z - origin, parameters);
    add_terms(&sums, &elements, d, row->target_ordered);
    note_bad_classes(totals, &elements, c, LANES);
  }
  if (span.rest > 0) {
    long c = class_at(&span, span.full);
    Elements elements = load_elements(row, c, span.rest, parameters);
    V d = SCALED(elements.z - origin, parameters);
    add_terms(&sums, &elements, d, row->target_ordered);
    note_bad_classes(totals, &elements, c, span.rest);
  }
  add_block(totals, &sums);
}

// The statistics of the segment that starts at `from`, the same in every item of the group.
static inline Totals reduce_segment(
    const Row *row, long from, const Parameters *parameters, __local Totals *shared) {
  Totals totals = no_totals();
  long end = min(from + SEGMENT, (long)parameters->classes);
  for (long block = from; block < end; block += GROUP * LANES * BLOCK) {
    reduce_block(&totals, row, span_of(block, end), parameters);
  }
  return group_totals(totals, shared, parameters->scale);
}

static inline REAL target_shifted(const Row *row, const Totals *totals, REAL scale) {
  return (row->target_ordered - origin_of(totals->shift)) * scale;
}

static inline RowScalars scalars_of(
    long index, const Row *row, const Totals *totals, __global const REAL *row_factors,
    const Parameters *parameters) {
  REAL factor = row_factors ? row_factors[index] : parameters->gradient_scale;
  REAL target_weight = 1;
#if defined(HAS_CLASS_WEIGHTS) && defined(HAS_CLASS_TARGETS)
  target_weight = row->is_ignored ? 0 : row->w[row->target];
#endif
  return epilogue(
      totals, target_shifted(row, totals, parameters->scale), target_weight, factor, parameters);
}
