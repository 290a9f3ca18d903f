// Rows that lie beside each other: every lane of an item is a row, and the item walks along the
// classes. For short rows, and for rows whose classes are strided. GROUP items make a group.
//
//   BLOCK   how many classes are read before their terms are added: their maximum comes first
//   TILED   contiguous rows go through local memory, so that neighbouring items read neighbouring
//           elements of the input; the width of a tile's row is odd, so that they read different
//           banks of it (LANES is 1)

#if LANES == 16
#define LANE_INDEX ((VBITS)(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15))
#else
#define LANE_INDEX ((VBITS)0)
#endif

#define TILE_WIDTH (classes | 1)

// The rows of an item.
typedef struct {
  __global const ELEMENT(INPUT) * x;
  __global const ELEMENT(TARGET) * q;
  __global const REAL *w;
  __local REAL *tile;
  // The first row, and how many there are; lanes beyond repeat the last one.
  long index;
  int count;
  // Where class 0 of each lane's row stands, and how far it is to the next class.
  long base[LANES];
  long stride;
  // The same of the distributions.
  long q_base[LANES];
  long q_stride;
  // Whether the lanes are neighbours in memory.
  bool is_dense;
  VBITS target;
  VBITS is_ignored;
  V target_weight;
  V target_ordered;
  V input_sum;
} Rows;

static inline V load_input(const Rows *rows, int c) {
#ifdef TILED
  return rows->tile[c];
#else
  if (rows->is_dense) {
    return LOAD(INPUT)(rows->x + rows->base[0] + c * rows->stride);
  }
  REAL lanes[LANES];
  for (int lane = 0; lane < LANES; lane++) {
    lanes[lane] = LOAD_ONE(INPUT)(rows->x + rows->base[lane] + c * rows->stride);
  }
  return LOAD_LANES(lanes);
#endif
}

static inline V load_distribution(const Rows *rows, int c) {
#ifdef HAS_PROBABILITY_TARGETS
  if (rows->is_dense) {
    return LOAD(TARGET)(rows->q + rows->q_base[0] + c * rows->q_stride);
  }
  REAL lanes[LANES];
  for (int lane = 0; lane < LANES; lane++) {
    lanes[lane] = LOAD_ONE(TARGET)(rows->q + rows->q_base[lane] + c * rows->q_stride);
  }
  return LOAD_LANES(lanes);
#else
  return 0;
#endif
}

static inline Elements load_elements(const Rows *rows, int c, const Parameters *parameters) {
  Elements elements;
  elements.x = load_input(rows, c);
  elements.z = ordered(elements.x, rows->input_sum, parameters);
#ifdef HAS_CLASS_WEIGHTS
  elements.w = rows->w[c];
#else
  elements.w = 1;
#endif
  elements.q = load_distribution(rows, c);
  elements.is_target = rows->target == c ? (VBITS)1 : (VBITS)0;
  elements.is_before_target = rows->target > c ? (VBITS)1 : (VBITS)0;
  elements.is_class = 1;
  return elements;
}

static inline Rows rows_at(
    long index, __global const ELEMENT(INPUT) * input, __global const int *targets,
    __global const ELEMENT(TARGET) * distributions, __global const REAL *class_weights,
    __local REAL *tile, const Parameters *parameters) {
  Rows rows;
  rows.x = input;
  rows.q = distributions;
  rows.w = class_weights;
  rows.index = index;
  rows.count = (int)min((long)LANES, parameters->rows - index);
  rows.stride = parameters->inner_stride;
  rows.q_stride = parameters->inner;
#ifdef TILED
  rows.tile = tile + get_local_id(0) * (parameters->classes | 1);
#endif
  REAL target_weight[LANES];
  BITS target[LANES];
  BITS is_ignored[LANES];
  for (int lane = 0; lane < LANES; lane++) {
    long row = index + min(lane, rows.count - 1);
    long first = row / parameters->inner * parameters->classes;
    rows.base[lane] = first * parameters->inner_stride + row % parameters->inner;
    rows.q_base[lane] = first * parameters->inner + row % parameters->inner;
    target[lane] = -1;
    is_ignored[lane] = 0;
    target_weight[lane] = 1;
#ifdef HAS_CLASS_TARGETS
    target[lane] = targets[row];
    is_ignored[lane] = target[lane] < 0;
#ifdef HAS_CLASS_WEIGHTS
    target_weight[lane] = is_ignored[lane] ? 0 : class_weights[target[lane]];
#endif
#endif
  }
  rows.target = LOAD_LANES(target);
  rows.is_ignored = LOAD_LANES(is_ignored);
  rows.target_weight = LOAD_LANES(target_weight);
  rows.is_dense =
      rows.count == LANES && rows.base[LANES - 1] - rows.base[0] == LANES - 1;
  rows.input_sum = 1;
  rows.target_ordered = 0;
  return rows;
}

static inline void find_targets(Rows *rows, const Parameters *parameters) {
#if defined(HAS_PROBABILITY_TARGETS) && defined(COLUMN_RANK)
  // The first greatest element of the distribution: the target whose rank is wanted.
  V greatest = load_distribution(rows, 0);
  rows->target = 0;
  for (int c = 1; c < parameters->classes; c++) {
    V q = load_distribution(rows, c);
    V kept = greatest;
    greatest = q > kept ? q : (kept == kept ? kept : q);
    rows->target = q > kept ? (VBITS)c : (kept == kept ? rows->target : (VBITS)c);
  }
#endif
#if defined(HAS_CLASS_TARGETS) || defined(COLUMN_RANK)
  BITS target[LANES];
  STORE_LANES(rows->target, target);
  REAL x[LANES];
  for (int lane = 0; lane < LANES; lane++) {
    int c = max((int)target[lane], 0);
#ifdef TILED
    x[lane] = rows->tile[c];
#else
    x[lane] = LOAD_ONE(INPUT)(rows->x + rows->base[lane] + c * rows->stride);
#endif
  }
  rows->target_ordered = ordered(LOAD_LANES(x), rows->input_sum, parameters);
#endif
}

static inline void note_bad_classes(Totals *totals, const Elements *elements, int c) {
#ifdef COLUMN_BAD_CLASS
  SBITS bad = is_probability(elements->x) != 0 ? (SBITS)NO_CLASS : (SBITS)c;
  totals->bad_class = min(totals->bad_class, bad);
#endif
#ifdef COLUMN_BAD_TARGET_CLASS
  SBITS bad_target = is_probability(elements->q) != 0 ? (SBITS)NO_CLASS : (SBITS)c;
  totals->bad_target_class = min(totals->bad_target_class, bad_target);
#endif
}

// Adds the classes from `from` to `end`, BLOCK at most.
static inline void reduce_block(
    Totals *totals, const Rows *rows, int from, int end, const Parameters *parameters) {
  V greatest = NEGATIVE_INFINITY;
  for (int c = from; c < end; c++) {
    V z = ordered(load_input(rows, c), rows->input_sum, parameters);
#ifdef COLUMN_MAXIMUM
    totals->argmax = z > totals->maximum ? (SBITS)c : totals->argmax;
    totals->maximum = z > totals->maximum ? z : totals->maximum;
#endif
#ifdef COLUMN_TARGET_ARGMAX
    V q = load_distribution(rows, c);
    totals->target_argmax = q > totals->target_maximum ? (SBITS)c : totals->target_argmax;
    totals->target_maximum = q > totals->target_maximum ? q : totals->target_maximum;
#endif
    greatest = z > greatest ? z : greatest;
  }
#ifdef NORMALIZES
  VBITS outgrows = OUTGROWS(greatest, totals->shift, parameters->scale);
  if (ANY(outgrows)) {
    move_shift(totals, outgrows ? greatest : totals->shift, parameters->scale);
  }
#endif
  V origin = origin_of(totals->shift);
  Sums sums = no_sums();
  for (int c = from; c < end; c++) {
    Elements elements = load_elements(rows, c, parameters);
    V d = SCALED(elements.z - origin, parameters);
    add_terms(&sums, &elements, d, rows->target_ordered);
    note_bad_classes(totals, &elements, c);
  }
  add_block(totals, &sums);
}

static inline void write_element(
    __global ELEMENT(OUTPUT) * output, const Rows *rows, int c, V x) {
#ifdef TILED
  rows->tile[c] = x;
#else
  if (rows->is_dense) {
    STORE(OUTPUT)(x, output + rows->base[0] + c * rows->stride);
    return;
  }
  REAL lanes[LANES];
  STORE_LANES(x, lanes);
  for (int lane = 0; lane < rows->count; lane++) {
    STORE_ONE(OUTPUT)(lanes[lane], output + rows->base[lane] + c * rows->stride);
  }
#endif
}

// LANES rows an item; every item of a group comes to the barriers.
__kernel __attribute__((reqd_work_group_size(GROUP, 1, 1))) void rows_across(
    ROW_ARGUMENTS
#ifdef TILED
    , __local REAL *tile
#endif
) {
  Parameters parameters = PARAMETERS;
  input += input_offset;
  output += output_offset;
  long index = (long)get_global_id(0) * LANES;
#ifdef TILED
  int item = get_local_id(0);
  long tile_row = (long)get_group_id(0) * GROUP;
  int tile_count = (int)(min((long)GROUP, rows - tile_row) * classes);
  for (int i = item; i < tile_count; i += GROUP) {
    tile[i / classes * TILE_WIDTH + i % classes] =
        LOAD_ONE(INPUT)(input + tile_row * classes + i);
  }
  barrier(CLK_LOCAL_MEM_FENCE);
#else
  __local REAL *tile = 0;
#endif
  if (index < rows) {
    Rows item_rows =
        rows_at(index, input, targets, distributions, class_weights, tile, &parameters);
#ifdef NORMALIZES_BEFORE_CLIP
    V input_sum = 0;
    for (int from = 0; from < classes; from += BLOCK) {
      V block_sum = 0;
      for (int c = from; c < min(from + BLOCK, classes); c++) {
        block_sum += load_input(&item_rows, c);
      }
      input_sum += block_sum;
    }
    item_rows.input_sum = input_sum;
#endif
    find_targets(&item_rows, &parameters);
    Totals totals = no_totals();
#ifdef READS_ROWS
    for (int from = 0; from < classes; from += BLOCK) {
      reduce_block(&totals, &item_rows, from, min(from + BLOCK, classes), &parameters);
    }
#endif
    settle(&totals);
    V target_shifted = (item_rows.target_ordered - origin_of(totals.shift)) * scale;
    store_columns(
        &totals, item_rows.target_ordered, index, item_rows.count, columns, rows, scale);
#ifdef WRITES_OUTPUT
    V factor = gradient_scale;
    if (row_factors) {
      REAL factors[LANES];
      for (int lane = 0; lane < LANES; lane++) {
        factors[lane] = row_factors[index + min(lane, item_rows.count - 1)];
      }
      factor = LOAD_LANES(factors);
    }
    RowScalars scalars =
        epilogue(&totals, target_shifted, item_rows.target_weight, factor, &parameters);
    V mean = 0;
#if defined(NORMALIZES_BEFORE_CLIP) && defined(WRITES_GRADIENT)
    for (int from = 0; from < classes; from += BLOCK) {
      V block_mean = 0;
      for (int c = from; c < min(from + BLOCK, classes); c++) {
        Elements e = load_elements(&item_rows, c, &parameters);
        block_mean +=
            mean_term(
                e.x, &scalars, item_rows.input_sum, e.w, e.q, e.is_target, &parameters);
      }
      mean += block_mean;
    }
#endif
    for (int c = classes - 1; c >= 0; c--) {
      Elements e = load_elements(&item_rows, c, &parameters);
      V x =
          output_of(
              e.x, e.z, &scalars, item_rows.input_sum, mean, e.w, e.q, e.is_target,
              &parameters);
#ifdef WRITES_GRADIENT
      x = item_rows.is_ignored != 0 ? (V)0 : x;
#endif
      write_element(output, &item_rows, c, x);
    }
#endif
  }
#if defined(TILED) && defined(WRITES_OUTPUT)
  barrier(CLK_LOCAL_MEM_FENCE);
  for (int i = item; i < tile_count; i += GROUP) {
    STORE_ONE(OUTPUT)(
        tile[i / classes * TILE_WIDTH + i % classes], output + tile_row * classes + i);
  }
#endif
}
