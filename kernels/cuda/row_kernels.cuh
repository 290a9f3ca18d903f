// The kernels, for one profile:
//
//   registers   neighbouring lanes share a row, which stays in their registers
//   block       a block takes a row; what it writes afterwards it reads again, from shared memory
//               where the row fits there
//   segments, combine, write   blocks take a segment of a row each; for few rows of many classes
//   across      a thread takes a row; for rows whose classes do not follow each other
//
// `block` and `segments` add alike, so that the number of rows changes no bit.
#pragma once

#include "row_walk.cuh"

// Octets that a thread has in flight at a time, on its way along a long row.
template <class P>
constexpr int octets_in_flight = sizeof(typename P::Real) == 4 ? 4 : 1;

template <class Real>
DEVICE bool is_refused(const RowParameters<Real> &call) {
  return call.status != nullptr && call.status[0] >= 0;
}

template <class P>
DEVICE bool is_skipped(
    const Row<typename P::Real> &row, const RowParameters<typename P::Real> &call) {
  return row.is_ignored && !P::has(call, READS_IGNORED);
}

// The output of a row but for those whose gradient is 0.
template <class P>
DEVICE bool has_output(
    const Row<typename P::Real> &row, const RowParameters<typename P::Real> &call) {
  return P::writes && call.output != nullptr &&
         !(row.is_ignored && P::has(call, WRITES_GRADIENT));
}

template <class P, int COUNT>
DEVICE void rows_in_registers(const RowParameters<typename P::Real> &call) {
  using Real = typename P::Real;
  if (is_refused(call)) {
    return;
  }
  Lanes group{call.lanes};
  long long rows_of_block = REGISTER_THREADS / call.lanes;
  long long index = block_of_grid() * rows_of_block + thread_of_block() / call.lanes;
  // Threads without a row take part in what a warp does together.
  bool exists = index < call.rows;
  index = exists ? index : call.rows - 1;
  Row<Real> row = row_at<P, Layout::kAlong>(index, call);
  meet<P>(row, group, call);
  const unsigned end = is_skipped<P>(row, call) ? 0 : call.classes;
  const unsigned step = call.lanes * OCTET;
  const unsigned c = group.rank() * OCTET;
  Octets<P, COUNT> octets(row, c, step, end);
  octets.load(call);
  Totals<Real, Real> totals = no_totals<P, Real>(call);
  if (reads_rows(call)) {
    reduce_octets<P>(totals, octets, call);
    gather<P>(totals, group, call);
  }
  Totals<Real, double> row_totals = totals_of<P, double>(totals);
  if (exists && group.rank() == 0 && !is_skipped<P>(row, call)) {
    store_columns<P>(row_totals, row.target_ordered, index, call);
  }
  if (!P::writes || call.output == nullptr) {
    return;
  }
  RowScalars<Real> scalars = scalars_at<P>(index, row, row_totals, call);
  Real mean = mean_of<P>(row, scalars, group, call);
  if (!exists) {
    return;
  }
  if (has_output<P>(row, call)) {
    write_octets<P>(output_line<P, Layout::kAlong>(index, call), octets, scalars, mean, call);
  } else {
    write_zeros<P>(output_line<P, Layout::kAlong>(index, call), 0, call.classes, group);
  }
}

template <class P>
DEVICE Totals<typename P::Real, typename P::Real> reduce_segment(
    const Row<typename P::Real> &row, unsigned from, const Block<typename P::Real> &group,
    const RowParameters<typename P::Real> &call) {
  using Real = typename P::Real;
  unsigned classes = call.classes;
  Totals<Real, Real> totals = reduce_part<P, octets_in_flight<P>, Real>(
      row, from, min(from + SEGMENT, classes), group, call);
  gather<P>(totals, group, call);
  return totals;
}

template <class P>
DEVICE void rows_of_blocks(
    const RowParameters<typename P::Real> &call, BlockMemory<typename P::Real> *memory) {
  using Real = typename P::Real;
  if (is_refused(call)) {
    return;
  }
  Block<Real> group{memory};
  long long index = block_of_grid();
  Row<Real> row = row_at<P, Layout::kAlong>(index, call);
  if (is_skipped<P>(row, call)) {
    if (P::writes && call.output != nullptr) {
      write_zeros<P>(output_line<P, Layout::kAlong>(index, call), 0, call.classes, group);
    }
    return;
  }
  meet<P>(row, group, call);
  if (group.rank() == 0) {
    memory->row = no_totals<P, double>(call);
  }
  if (reads_rows(call)) {
    row.kept = P::has(call, KEEPS_ROW) ? launch_memory() : nullptr;
    for (unsigned from = 0; from < static_cast<unsigned>(call.classes); from += SEGMENT) {
      Totals<Real, Real> segment = reduce_segment<P>(row, from, group, call);
      if (group.rank() == 0) {
        add_segment<P>(memory->row, segment, call);
      }
    }
  }
  if (group.rank() == 0) {
    store_columns<P>(memory->row, row.target_ordered, index, call);
  }
  if (!P::writes || call.output == nullptr) {
    return;
  }
  wait_for_block();
  RowScalars<Real> scalars = scalars_at<P>(index, row, memory->row, call);
  Real mean = mean_of<P>(row, scalars, group, call);
  if (has_output<P>(row, call)) {
    Line output = output_line<P, Layout::kAlong>(index, call);
    write_part<P>(output, row, scalars, mean, 0, call.classes, group, call);
  } else {
    write_zeros<P>(output_line<P, Layout::kAlong>(index, call), 0, call.classes, group);
  }
}

template <class Real>
DEVICE Totals<Real, Real> *segment_totals(
    long long row, long long segment, const RowParameters<Real> &call) {
  static_assert(sizeof(Totals<Real, Real>) <= BYTES_OF_TOTALS, "the host reserves less");
  long long segments = (call.classes + SEGMENT - 1) / SEGMENT;
  return reinterpret_cast<Totals<Real, Real> *>(
      static_cast<char *>(call.segments) + (row * segments + segment) * BYTES_OF_TOTALS);
}

template <class Real>
DEVICE RowScalars<Real> *scalars_of_row(long long row, const RowParameters<Real> &call) {
  static_assert(sizeof(RowScalars<Real>) <= BYTES_OF_SCALARS, "the host reserves less");
  return reinterpret_cast<RowScalars<Real> *>(
      static_cast<char *>(call.row_scalars) + row * BYTES_OF_SCALARS);
}

template <class P>
DEVICE void segments_of_blocks(
    const RowParameters<typename P::Real> &call, BlockMemory<typename P::Real> *memory) {
  using Real = typename P::Real;
  if (is_refused(call)) {
    return;
  }
  Block<Real> group{memory};
  Row<Real> row = row_at<P, Layout::kAlong>(row_of_grid(), call);
  if (is_skipped<P>(row, call) || !reads_rows(call)) {
    return;
  }
  meet<P>(row, group, call);
  Totals<Real, Real> totals = reduce_segment<P>(row, block_of_grid() * SEGMENT, group, call);
  if (group.rank() == 0) {
    *segment_totals(row_of_grid(), block_of_grid(), call) = totals;
  }
}

template <class P>
DEVICE void combine_segments(const RowParameters<typename P::Real> &call) {
  using Real = typename P::Real;
  long long index = block_of_grid() * COMBINE_THREADS + thread_of_block();
  if (is_refused(call) || index >= call.rows) {
    return;
  }
  Row<Real> row = row_at<P, Layout::kAlong>(index, call);
  if (is_skipped<P>(row, call)) {
    return;
  }
  meet<P>(row, Solo(), call);
  Totals<Real, double> totals = no_totals<P, double>(call);
  if (reads_rows(call)) {
    long long segments = (call.classes + SEGMENT - 1) / SEGMENT;
    for (long long i = 0; i < segments; i++) {
      add_segment<P>(totals, *segment_totals(index, i, call), call);
    }
  }
  store_columns<P>(totals, row.target_ordered, index, call);
  if (P::writes) {
    *scalars_of_row(index, call) = scalars_at<P>(index, row, totals, call);
  }
}

template <class P>
DEVICE void write_segments(const RowParameters<typename P::Real> &call) {
  using Real = typename P::Real;
  if (is_refused(call)) {
    return;
  }
  Block<Real> group{nullptr};
  long long index = row_of_grid();
  unsigned from = block_of_grid() * SEGMENT;
  unsigned classes = call.classes;
  unsigned end = min(from + SEGMENT, classes);
  Row<Real> row = row_at<P, Layout::kAlong>(index, call);
  Line output = output_line<P, Layout::kAlong>(index, call);
  if (has_output<P>(row, call)) {
    RowScalars<Real> scalars = *scalars_of_row(index, call);
    write_part<P>(output, row, scalars, 0, from, end, group, call);
  } else {
    write_zeros<P>(output, from, end, group);
  }
}

template <class P>
DEVICE void rows_across(const RowParameters<typename P::Real> &call) {
  using Real = typename P::Real;
  long long index = block_of_grid() * ACROSS_THREADS + thread_of_block();
  if (is_refused(call) || index >= call.rows) {
    return;
  }
  Solo group;
  Row<Real> row = row_at<P, Layout::kAcross>(index, call);
  if (is_skipped<P>(row, call)) {
    if (P::writes && call.output != nullptr) {
      write_zeros<P>(output_line<P, Layout::kAcross>(index, call), 0, call.classes, group);
    }
    return;
  }
  meet<P>(row, group, call);
  // One thread adds a whole row: in double, for it may be long.
  Totals<Real, double> totals = no_totals<P, double>(call);
  if (reads_rows(call)) {
    totals = reduce_part<P, 1, double>(row, 0, call.classes, group, call);
  }
  store_columns<P>(totals, row.target_ordered, index, call);
  if (!P::writes || call.output == nullptr) {
    return;
  }
  RowScalars<Real> scalars = scalars_at<P>(index, row, totals, call);
  Real mean = mean_of<P>(row, scalars, group, call);
  if (has_output<P>(row, call)) {
    Line output = output_line<P, Layout::kAcross>(index, call);
    write_part<P>(output, row, scalars, mean, 0, call.classes, group, call);
  } else {
    write_zeros<P>(output_line<P, Layout::kAcross>(index, call), 0, call.classes, group);
  }
}

// The kernels of a profile; their names begin alike.
#define ROW_KERNELS(name, P)                                                        \
  KERNEL(REGISTER_THREADS, 2 * P::blocks)                                                          \
  name##_registers_1(PARAMETER RowParameters<P::Real> call) {                       \
    rows_in_registers<P, 1>(call);                                                  \
  }                                                                                 \
  KERNEL(BLOCK_THREADS, P::blocks) name##_block(PARAMETER RowParameters<P::Real> call) {       \
    BLOCK_MEMORY BlockMemory<P::Real> memory;                                       \
    rows_of_blocks<P>(call, &memory);                                               \
  }                                                                                 \
  KERNEL(BLOCK_THREADS, P::blocks) name##_segments(PARAMETER RowParameters<P::Real> call) {    \
    BLOCK_MEMORY BlockMemory<P::Real> memory;                                       \
    segments_of_blocks<P>(call, &memory);                                           \
  }                                                                                 \
  KERNEL(COMBINE_THREADS, P::blocks) name##_combine(PARAMETER RowParameters<P::Real> call) {   \
    combine_segments<P>(call);                                                      \
  }                                                                                 \
  KERNEL(ACROSS_THREADS, 2 * P::blocks) name##_across(PARAMETER RowParameters<P::Real> call) {     \
    rows_across<P>(call);                                                           \
  }

// Rows of up to LONGEST_REGISTER_ROW classes: of floats only, for doubles take too many registers.
#define LONG_REGISTER_KERNEL(name, P)                         \
  KERNEL(REGISTER_THREADS, 2 * P::blocks)                                    \
  name##_registers_4(PARAMETER RowParameters<P::Real> call) { \
    rows_in_registers<P, 4>(call);                            \
  }

#define WRITE_KERNEL(name, P)                                                 \
  KERNEL(BLOCK_THREADS, P::blocks) name##_write(PARAMETER RowParameters<P::Real> call) { \
    write_segments<P>(call);                                                  \
  }
