// How a group of threads reads a row: its threads take octets in turn, and add some of them at a
// time.
#pragma once

#include "elements.cuh"
#include "epilogue.cuh"
#include "groups.cuh"
#include "profiles.cuh"
#include "row_statistics.cuh"

template <class Real>
struct Row {
  Line x;
  // The target distribution; no start where there is none.
  Line q;
  // −1 where there is none.
  int target;
  bool is_ignored;
  Real target_ordered;
  // Σ x of probabilities.
  Real input_sum;
  // Shared memory in which elements stay between the passes, or null. A thread only reads there
  // what it has written itself.
  char *kept;
};

template <class P, Layout LAYOUT>
DEVICE Row<typename P::Real> row_at(
    long long index, const RowParameters<typename P::Real> &call) {
  Row<typename P::Real> row;
  long long outer = call.inner == 1 ? index : index / call.inner;
  long long inner = call.inner == 1 ? 0 : index - outer * call.inner;
  row.x = line_of<LAYOUT>(call.input, P::input_type(call), call.input_strides, outer, inner);
  row.q = {nullptr, FLOAT32, 1, false};
  if (P::has_objective && call.distributions != nullptr) {
    row.q = line_of<LAYOUT>(
        call.distributions, call.distribution_type, call.distribution_strides, outer, inner);
  }
  row.target = call.targets == nullptr ? -1 : call.targets[index];
  row.is_ignored = call.targets != nullptr && row.target < 0;
  row.target_ordered = 0;
  row.input_sum = 1;
  row.kept = nullptr;
  return row;
}

template <class P, Layout LAYOUT>
DEVICE Line output_line(long long index, const RowParameters<typename P::Real> &call) {
  long long outer = call.inner == 1 ? index : index / call.inner;
  long long inner = call.inner == 1 ? 0 : index - outer * call.inner;
  return line_of<LAYOUT>(call.output, P::output_type(call), call.output_strides, outer, inner);
}

// Whether the statistics need the row's elements, and not only the target's.
template <class Real>
DEVICE bool reads_rows(const RowParameters<Real> &call) {
  return (call.columns & ~TARGET_ORDERED) != 0;
}

// What stands behind the last class: no part of any sum.
template <class P>
DEVICE typename P::Real filler(const RowParameters<typename P::Real> &call) {
  return P::has(call, IS_PROBABILITIES) ? 0 : -infinity<typename P::Real>();
}

// COUNT octets of one thread, as they were given: in registers, or read again each time where the
// profile's terms need those.
template <class P, int COUNT>
struct Octets {
  using Real = typename P::Real;

  const Row<Real> &row;
  // The octets stand at first, first + step, …
  unsigned first;
  unsigned step;
  unsigned end;
  Real x[P::keeps_octets ? COUNT : 1][OCTET];

  DEVICE_MEMBER Octets(
      const Row<Real> &row, unsigned first, unsigned step, unsigned end)
      : row(row), first(first), step(step), end(end) {}

  DEVICE_MEMBER unsigned at(int k) const { return first + k * step; }

  // From the matrix.
  DEVICE_MEMBER void load(const RowParameters<Real> &call) {
    if (!P::keeps_octets && row.kept == nullptr) {
      return;
    }
#pragma unroll
    for (int k = 0; k < COUNT; k++) {
      Real(&octet)[OCTET] = x[P::keeps_octets ? k : 0];
      load_octet(row.x, at(k), end, filler<P>(call), octet);
      if (row.kept != nullptr && at(k) < end) {
        store_quads(octet, row.kept + at(k) * bytes_of(row.x.type), row.x.type);
      }
    }
  }

  // From where the first pass has put them.
  DEVICE_MEMBER void reload(const RowParameters<Real> &call) {
    if (P::keeps_octets) {
#pragma unroll
      for (int k = 0; k < COUNT; k++) {
        read(k, x[P::keeps_octets ? k : 0], call);
      }
    }
  }

  DEVICE_MEMBER void get(int k, Real (&octet)[OCTET], const RowParameters<Real> &call) const {
    if (P::keeps_octets) {
#pragma unroll
      for (int i = 0; i < OCTET; i++) {
        octet[i] = x[P::keeps_octets ? k : 0][i];
      }
    } else {
      read(k, octet, call);
    }
  }

 private:
  DEVICE_MEMBER void read(int k, Real (&octet)[OCTET], const RowParameters<Real> &call) const {
    // Behind the end nothing has been kept.
    if (row.kept == nullptr || at(k) >= end) {
      load_octet(row.x, at(k), end, filler<P>(call), octet);
    } else {
      load_quads(row.kept + at(k) * bytes_of(row.x.type), row.x.type, octet);
    }
  }
};

template <class P>
DEVICE Element<typename P::Real> element_of(
    typename P::Real x, bool exists, typename P::Real input_sum,
    const RowParameters<typename P::Real> &call) {
  Element<typename P::Real> element;
  element.x = x;
  element.z = x;
  if (P::has(call, IS_PROBABILITIES) || P::has(call, HAS_SOFTCAP)) {
    element.z = exists ? ordered<P>(x, input_sum, call) : -infinity<typename P::Real>();
  }
  element.w = exists ? 1 : 0;
  element.q = 0;
  element.exists = exists;
  return element;
}

// Adds the class weights and target probabilities of an octet.
template <class P>
DEVICE void load_operands(
    Element<typename P::Real> (&elements)[OCTET], const Row<typename P::Real> &row, unsigned c,
    unsigned end, const RowParameters<typename P::Real> &call) {
  using Real = typename P::Real;
  if (!P::has_objective) {
    return;
  }
  const int count = count_of(c, end);
  if (call.class_weights != nullptr) {
#pragma unroll
    for (int i = 0; i < OCTET; i++) {
      elements[i].w = i < count ? call.class_weights[c + i] : 0;
    }
  }
  if (row.q.start != nullptr) {
    Real q[OCTET];
    load_octet(row.q, c, end, static_cast<Real>(0), q);
#pragma unroll
    for (int i = 0; i < OCTET; i++) {
      elements[i].q = q[i];
    }
  }
}

template <class P>
DEVICE void elements_of(
    Element<typename P::Real> (&elements)[OCTET], const typename P::Real (&x)[OCTET],
    const Row<typename P::Real> &row, unsigned c, unsigned end,
    const RowParameters<typename P::Real> &call) {
  const int count = count_of(c, end);
#pragma unroll
  for (int i = 0; i < OCTET; i++) {
    elements[i] = element_of<P>(x[i], i < count, row.input_sum, call);
  }
  load_operands<P>(elements, row, c, end, call);
}

// What an octet is counted for besides its sums.
template <class P, class Total>
DEVICE void note_octet(
    Totals<typename P::Real, Total> &totals, const Element<typename P::Real> (&elements)[OCTET],
    const Row<typename P::Real> &row, unsigned c, unsigned end,
    const RowParameters<typename P::Real> &call) {
  const int count = count_of(c, end);
#pragma unroll
  for (int i = 0; i < OCTET; i++) {
    int at = static_cast<int>(c) + i;
    const Element<typename P::Real> &element = elements[i];
    if (P::returns(call, RANK)) {
      bool is_tie = element.z == row.target_ordered && at < row.target;
      totals.above += element.z > row.target_ordered || is_tie;
    }
    if (P::returns(call, MAXIMUM) && i < count) {
      keep_greater(totals.maximum, totals.argmax, element.z, at);
    }
    if (P::returns(call, TARGET_ARGMAX) && i < count) {
      keep_greater(totals.target_maximum, totals.target_argmax, element.q, at);
    }
    if (P::returns(call, BAD_CLASS) && i < count && !is_probability(element.x)) {
      totals.bad_class = min(totals.bad_class, at);
    }
    if (P::returns(call, BAD_TARGET_CLASS) && i < count && !is_probability(element.q)) {
      totals.bad_target_class = min(totals.bad_target_class, at);
    }
  }
}

// Adds octets: first their maximum is found, so that each term needs one exponential.
template <class P, int COUNT, class Total>
DEVICE void reduce_octets(
    Totals<typename P::Real, Total> &totals, const Octets<P, COUNT> &octets,
    const RowParameters<typename P::Real> &call) {
  using Real = typename P::Real;
  const Row<Real> &row = octets.row;
  Real x[OCTET];
  Element<Real> elements[OCTET];
  if (P::has(call, NORMALIZES)) {
    Real greatest = -infinity<Real>();
#pragma unroll(P::keeps_octets ? COUNT : 1)
    for (int k = 0; k < COUNT; k++) {
      octets.get(k, x, call);
      const int count = count_of(octets.at(k), octets.end);
#pragma unroll
      for (int i = 0; i < OCTET; i++) {
        bool exists = i < count;
        greatest = greater(greatest, element_of<P>(x[i], exists, row.input_sum, call).z);
      }
    }
    if (greatest > totals.shift) {
      move_shift<P>(totals, greatest, call);
    }
  }
  Real origin = origin_of(totals.shift);
  const Exponential<Real> exponential(call.scale);
  Sums<Real> block = no_sums<Real>();
#pragma unroll(P::keeps_octets ? COUNT : 1)
  for (int k = 0; k < COUNT; k++) {
    octets.get(k, x, call);
    elements_of<P>(elements, x, row, octets.at(k), octets.end, call);
    Real octet_sum = 0;
#pragma unroll
    for (int i = 0; i < OCTET; i++) {
      add_terms<P>(
          octet_sum, block, elements[i], elements[i].z - origin, exponential, call);
    }
    block.sum += octet_sum;
    note_octet<P>(totals, elements, row, octets.at(k), octets.end, call);
  }
  add_block<P>(totals, block, call);
}

// The statistics of the classes from `from` to `end` that this thread of the group reads.
template <class P, int COUNT, class Total, class Group>
DEVICE Totals<typename P::Real, Total> reduce_part(
    const Row<typename P::Real> &row, unsigned from, unsigned end, const Group &group,
    const RowParameters<typename P::Real> &call) {
  Totals<typename P::Real, Total> totals = no_totals<P, Total>(call);
  const unsigned step = group.size() * OCTET;
  for (unsigned c = from + group.rank() * OCTET; c < end; c += COUNT * step) {
    Octets<P, COUNT> octets(row, c, step, end);
    octets.load(call);
    reduce_octets<P>(totals, octets, call);
  }
  return totals;
}

// Σ of a term of every class, the same in every thread of the group.
template <class P, class Group, class Term>
DEVICE typename P::Real sum_of(
    const Row<typename P::Real> &row, const Group &group,
    const RowParameters<typename P::Real> &call, Term term) {
  using Real = typename P::Real;
  Real sum = 0;
  const unsigned end = call.classes;
  for (unsigned c = group.rank() * OCTET; c < end; c += group.size() * OCTET) {
    Real x[OCTET];
    Element<Real> elements[OCTET];
    load_octet(row.x, c, end, filler<P>(call), x);
    elements_of<P>(elements, x, row, c, end, call);
    Real octet_sum = 0;
    const int count = count_of(c, end);
#pragma unroll
    for (int i = 0; i < OCTET; i++) {
      octet_sum += i < count ? term(elements[i], static_cast<int>(c) + i) : 0;
    }
    sum += octet_sum;
  }
  return group.sum(sum);
}

// What has to be known before the statistics: the sum of probabilities, and the target's element.
template <class P, class Group>
DEVICE void meet(
    Row<typename P::Real> &row, const Group &group, const RowParameters<typename P::Real> &call) {
  using Real = typename P::Real;
  if (P::has(call, NORMALIZES_BEFORE_CLIP)) {
    row.input_sum =
        sum_of<P>(row, group, call, [](const Element<Real> &element, int) { return element.x; });
  }
  if (P::has_objective && row.q.start != nullptr && P::returns(call, RANK)) {
    // The first greatest element of the distribution: the target whose rank is wanted.
    Real maximum = -infinity<Real>();
    int argmax = 0;
    const unsigned end = call.classes;
    for (unsigned c = group.rank() * OCTET; c < end; c += group.size() * OCTET) {
      Real q[OCTET];
      load_octet(row.q, c, end, -infinity<Real>(), q);
#pragma unroll
      for (int i = 0; i < OCTET; i++) {
        keep_greater(maximum, argmax, q[i], static_cast<int>(c) + i);
      }
    }
    group.first_greatest(maximum, argmax);
    row.target = argmax;
  }
  if (row.target >= 0) {
    Real x = load_element<Real>(row.x.start, row.x.type, row.target * row.x.stride);
    row.target_ordered = ordered<P>(x, row.input_sum, call);
  }
}

template <class P>
DEVICE RowScalars<typename P::Real> scalars_at(
    long long index, const Row<typename P::Real> &row,
    const Totals<typename P::Real, double> &totals,
    const RowParameters<typename P::Real> &call) {
  using Real = typename P::Real;
  Real factor = call.row_factors != nullptr    ? call.row_factors[index]
                : call.device_scale != nullptr ? static_cast<Real>(*call.device_scale)
                                               : call.gradient_scale;
  Real weight = 1;
  if (call.class_weights != nullptr && call.targets != nullptr) {
    weight = row.is_ignored ? 0 : call.class_weights[row.target];
  }
  Real shifted = (row.target_ordered - origin_of(totals.shift)) * call.scale;
  return scalars_of<P>(totals, shifted, weight, factor, call);
}

// Writes what octets of the input become in the output matrix.
template <class P, int COUNT>
DEVICE void write_octets(
    const Line &output, const Octets<P, COUNT> &octets,
    const RowScalars<typename P::Real> &scalars, typename P::Real mean,
    const RowParameters<typename P::Real> &call) {
  using Real = typename P::Real;
  const Row<Real> &row = octets.row;
  const Exponential<Real> exponential(call.scale);
  int target = call.targets == nullptr ? -1 : row.target;
#pragma unroll(P::keeps_octets ? COUNT : 1)
  for (int k = 0; k < COUNT; k++) {
    Real x[OCTET];
    octets.get(k, x, call);
    int place = target - static_cast<int>(octets.at(k));
    if constexpr (P::has_objective) {
      Element<Real> elements[OCTET];
      elements_of<P>(elements, x, row, octets.at(k), octets.end, call);
#pragma unroll
      for (int i = 0; i < OCTET; i++) {
        x[i] = output_of<P>(
            scalars, elements[i], row.input_sum, mean, i == place, exponential, call);
      }
    } else {
#pragma unroll
      for (int i = 0; i < OCTET; i++) {
        x[i] = exponential.of(x[i] - scalars.origin) * scalars.pull;
      }
      // The same bits as above: of all classes but the target nothing is taken.
      if (place >= 0 && place < OCTET) {
        Real push = call.logit_scale * scalars.r;
#pragma unroll
        for (int i = 0; i < OCTET; i++) {
          x[i] = i == place ? x[i] - push : x[i];
        }
      }
    }
    store_octet(output, octets.at(k), octets.end, x);
  }
}

// Writes the classes from `from` to `end`, the last first: they are the likeliest to be in a cache.
template <class P, class Group>
DEVICE void write_part(
    const Line &output, const Row<typename P::Real> &row,
    const RowScalars<typename P::Real> &scalars, typename P::Real mean, unsigned from,
    unsigned end, const Group &group, const RowParameters<typename P::Real> &call) {
  const unsigned step = group.size() * OCTET;
  for (unsigned turn = (end - from + step - 1) / step; turn-- > 0;) {
    Octets<P, 1> octets(row, from + turn * step + group.rank() * OCTET, step, end);
    octets.reload(call);
    write_octets<P>(output, octets, scalars, mean, call);
  }
}

template <class P, class Group>
DEVICE void write_zeros(
    const Line &output, unsigned from, unsigned end, const Group &group) {
  typename P::Real zeros[OCTET] = {};
  for (unsigned c = from + group.rank() * OCTET; c < end; c += group.size() * OCTET) {
    store_octet(output, c, end, zeros);
  }
}

// Σ of what dividing by the row's sum takes away from the gradient.
template <class P, class Group>
DEVICE typename P::Real mean_of(
    const Row<typename P::Real> &row, const RowScalars<typename P::Real> &scalars,
    const Group &group, const RowParameters<typename P::Real> &call) {
  using Real = typename P::Real;
  if (!P::has(call, NORMALIZES_BEFORE_CLIP) || !P::has(call, WRITES_GRADIENT)) {
    return 0;
  }
  int target = call.targets == nullptr ? -1 : row.target;
  return sum_of<P>(row, group, call, [&](const Element<Real> &element, int c) {
    return mean_term<P>(scalars, element, row.input_sum, c == target, call);
  });
}
