// The second pass along rows, which writes the output matrix, and the kernels: a group a row, or
// three kernels where few rows are split at their segments. Comes after along.cl.

static inline V element_of(
    const Row *row, long c, int n, const RowScalars *scalars, REAL mean,
    const Parameters *parameters) {
  Elements e = load_elements(row, c, n, parameters);
  return output_of(e.x, e.z, scalars, row->input_sum, mean, e.w, e.q, e.is_target, parameters);
}

// Writes classes from `from` to `end`, the last first: they are the likeliest to be in a cache.
static inline void write_classes(
    __global ELEMENT(OUTPUT) * output, const Row *row, long from, long end,
    const RowScalars *scalars, REAL mean, const Parameters *parameters) {
  const long step = GROUP * LANES * BLOCK;
  for (long block = from + (end - from - 1) / step * step; block >= from; block -= step) {
    Span span = span_of(block, end);
    if (span.rest > 0) {
      long c = class_at(&span, span.full);
      REAL lanes[LANES];
      STORE_LANES(element_of(row, c, span.rest, scalars, mean, parameters), lanes);
      for (int lane = 0; lane < span.rest; lane++) {
        STORE_ONE(OUTPUT)(lanes[lane], output + c + lane);
      }
    }
    for (int i = span.full - 1; i >= 0; i--) {
      long c = class_at(&span, i);
      STORE(OUTPUT)(element_of(row, c, LANES, scalars, mean, parameters), output + c);
    }
  }
}

static inline void write_zeros(
    __global ELEMENT(OUTPUT) * output, long from, long end) {
  for (long c = from + get_local_id(0); c < end; c += GROUP) {
    STORE_ONE(OUTPUT)(0, output + c);
  }
}

#ifdef NORMALIZES_BEFORE_CLIP
static inline REAL sum_input(const Row *row, const Parameters *parameters, __local REAL *shared) {
  V sum = 0;
  for (long block = 0; block < parameters->classes; block += GROUP * LANES * BLOCK) {
    Span span = span_of(block, parameters->classes);
    V block_sum = 0;
    for (int i = 0; i < span.full + (span.rest > 0); i++) {
      block_sum += load_input(row, class_at(&span, i), i < span.full ? LANES : span.rest);
    }
    sum += block_sum;
  }
  return group_sum(sum, shared);
}

static inline REAL mean_of(
    const Row *row, const RowScalars *scalars, const Parameters *parameters,
    __local REAL *shared) {
  V sum = 0;
  for (long block = 0; block < parameters->classes; block += GROUP * LANES * BLOCK) {
    Span span = span_of(block, parameters->classes);
    V block_sum = 0;
    for (int i = 0; i < span.full + (span.rest > 0); i++) {
      int n = i < span.full ? LANES : span.rest;
      Elements e = load_elements(row, class_at(&span, i), n, parameters);
      V term =
          mean_term(e.x, scalars, row->input_sum, e.w, e.q, e.is_target, parameters);
      block_sum += n == LANES ? term : (LANE_INDEX < n ? term : (V)0);
    }
    sum += block_sum;
  }
  return group_sum(sum, shared);
}
#endif

#if GROUP == 1 && !defined(COLUMN_RANK)
// When nothing asks for the target before, its element is read once the row is in a cache.
#define FINDS_TARGET_LAST
#endif

// One group a row: statistics, and the output matrix where there is one.
__kernel __attribute__((reqd_work_group_size(GROUP, 1, 1))) void rows_along(
    ROW_ARGUMENTS
#ifdef KEEPS_ROW
    , __local REAL *kept
#endif
) {
  Parameters parameters = PARAMETERS;
  input += input_offset;
  output += output_offset;
  __local Totals shared[GROUP];
  __local REAL shared_sums[GROUP];
  long index = get_group_id(0);
  Row row = row_at(index, input, targets, distributions, class_weights, &parameters);
#ifdef KEEPS_ROW
  row.kept = kept;
#endif
#ifdef WRITES_OUTPUT
  output += index * classes;
#endif
  if (row.is_ignored && !reads_ignored) {
#ifdef WRITES_OUTPUT
    write_zeros(output, 0, classes);
#endif
    return;
  }
#ifdef NORMALIZES_BEFORE_CLIP
  row.input_sum = sum_input(&row, &parameters, shared_sums);
#endif
#ifndef FINDS_TARGET_LAST
  find_target(&row, &parameters);
#endif
  Totals totals = no_totals();
#ifdef READS_ROWS
  for (long from = 0; from < classes; from += SEGMENT) {
    Totals segment = reduce_segment(&row, from, &parameters, shared);
    add_totals(&totals, &segment, scale);
  }
#endif
#ifdef FINDS_TARGET_LAST
  find_target(&row, &parameters);
#endif
  settle(&totals);
  if (get_local_id(0) == 0) {
    store_columns(&totals, row.target_ordered, index, 1, columns, rows, scale);
  }
#ifdef WRITES_OUTPUT
#ifdef WRITES_GRADIENT
  if (row.is_ignored) {
    write_zeros(output, 0, classes);
    return;
  }
#endif
  RowScalars scalars = scalars_of(index, &row, &totals, row_factors, &parameters);
  REAL mean = 0;
#if defined(NORMALIZES_BEFORE_CLIP) && defined(WRITES_GRADIENT)
  mean = mean_of(&row, &scalars, &parameters, shared_sums);
#endif
  write_classes(output, &row, 0, classes, &scalars, mean, &parameters);
#endif
}

// The same in three steps, for few rows of many segments: a group a segment, an item a row, and
// for the output matrix a group a segment again. Rows of probabilities are never split.
#ifndef IS_PROBABILITIES
__kernel __attribute__((reqd_work_group_size(GROUP, 1, 1))) void reduce_segments(
    ROW_ARGUMENTS, __global Totals *segments) {
  Parameters parameters = PARAMETERS;
  input += input_offset;
  output += output_offset;
  __local Totals shared[GROUP];
  long index = get_group_id(1);
  Row row = row_at(index, input, targets, distributions, class_weights, &parameters);
  if (row.is_ignored && !reads_ignored) {
    return;
  }
  find_target(&row, &parameters);
  Totals totals =
      reduce_segment(&row, (long)get_group_id(0) * SEGMENT, &parameters, shared);
  if (get_local_id(0) == 0) {
    segments[index * get_num_groups(0) + get_group_id(0)] = totals;
  }
}

__kernel void combine_segments(
    ROW_ARGUMENTS, __global const Totals *segments, __global RowScalars *row_scalars) {
  Parameters parameters = PARAMETERS;
  input += input_offset;
  output += output_offset;
  long index = get_global_id(0);
  Row row = row_at(index, input, targets, distributions, class_weights, &parameters);
  if (row.is_ignored && !reads_ignored) {
    return;
  }
  find_target(&row, &parameters);
  long count = ((long)classes + SEGMENT - 1) / SEGMENT;
  Totals totals = no_totals();
  for (long i = 0; i < count; i++) {
    Totals segment = segments[index * count + i];
    add_totals(&totals, &segment, scale);
  }
  settle(&totals);
  store_columns(&totals, row.target_ordered, index, 1, columns, rows, scale);
  row_scalars[index] = scalars_of(index, &row, &totals, row_factors, &parameters);
}

__kernel __attribute__((reqd_work_group_size(GROUP, 1, 1))) void write_segments(
    ROW_ARGUMENTS, __global const RowScalars *row_scalars) {
#ifdef WRITES_OUTPUT
  Parameters parameters = PARAMETERS;
  input += input_offset;
  output += output_offset;
  long index = get_group_id(1);
  Row row = row_at(index, input, targets, distributions, class_weights, &parameters);
  output += index * classes;
  long from = (long)get_group_id(0) * SEGMENT;
  long end = min(from + SEGMENT, (long)classes);
#ifdef WRITES_GRADIENT
  if (row.is_ignored) {
    write_zeros(output, from, end);
    return;
  }
#endif
  RowScalars scalars = row_scalars[index];
  write_classes(output, &row, from, end, &scalars, 0, &parameters);
#endif
}
#endif
