// The threads that share a row, and how what each of them knows becomes what all of them know. The
// order of additions is a function of the group's size alone.
#pragma once

#include "intrinsics.cuh"
#include "row_statistics.cuh"

template <class Real>
DEVICE void add_lane(Real &x, int distance) {
  x += across_warp(x, distance);
}

// The totals of the lane at this distance; all are relative to one shift.
template <class P>
DEVICE Totals<typename P::Real, typename P::Real> lane_totals(
    const Totals<typename P::Real, typename P::Real> &totals, int distance,
    const RowParameters<typename P::Real> &call) {
  Totals<typename P::Real, typename P::Real> other = totals;
  other.sum = across_warp(totals.sum, distance);
#define FETCH(field, column)                           \
  if (P::returns(call, column)) {                      \
    other.field = across_warp(totals.field, distance); \
  }
  EACH_SUM(FETCH)
  FETCH(above, RANK)
  FETCH(maximum, MAXIMUM)
  FETCH(argmax, MAXIMUM)
  FETCH(target_maximum, TARGET_ARGMAX)
  FETCH(target_argmax, TARGET_ARGMAX)
  FETCH(bad_class, BAD_CLASS)
  FETCH(bad_target_class, BAD_TARGET_CLASS)
#undef FETCH
  return other;
}

// A thread by itself.
struct Solo {
  static constexpr bool is_block = false;

  DEVICE_MEMBER int rank() const { return 0; }

  DEVICE_MEMBER int size() const { return 1; }

  template <class Real>
  DEVICE_MEMBER Real greatest(Real x) const {
    return x;
  }

  template <class Real>
  DEVICE_MEMBER Real sum(Real x) const {
    return x;
  }

  template <class Real>
  DEVICE_MEMBER void first_greatest(Real &, int &) const {}
};

// Neighbours in a warp; all its threads have to take part, also those of other groups.
struct Lanes {
  int lanes;

  DEVICE_MEMBER int rank() const { return thread_of_warp() & (lanes - 1); }

  DEVICE_MEMBER int size() const { return lanes; }

  template <class Real>
  DEVICE_MEMBER Real greatest(Real x) const {
    for (int distance = lanes / 2; distance > 0; distance /= 2) {
      x = greater(x, across_warp(x, distance));
    }
    return x;
  }

  template <class Real>
  DEVICE_MEMBER Real sum(Real x) const {
    for (int distance = lanes / 2; distance > 0; distance /= 2) {
      add_lane(x, distance);
    }
    return x;
  }

  template <class Real>
  DEVICE_MEMBER void first_greatest(Real &maximum, int &argmax) const {
    for (int distance = lanes / 2; distance > 0; distance /= 2) {
      Real other = across_warp(maximum, distance);
      int other_argmax = across_warp(argmax, distance);
      keep_greater(maximum, argmax, other, other_argmax);
    }
  }

  template <class P>
  DEVICE_MEMBER void add(
      Totals<typename P::Real, typename P::Real> &totals,
      const RowParameters<typename P::Real> &call) const {
#pragma unroll(P::keeps_octets ? 5 : 1)
    for (int distance = lanes / 2; distance > 0; distance /= 2) {
      add_aligned<P>(totals, lane_totals<P>(totals, distance, call), call);
    }
  }
};

constexpr int BLOCK_WARPS = BLOCK_THREADS / 32;

// What the warps of a block tell each other.
template <class Real>
struct BlockMemory {
  Totals<Real, Real> totals[BLOCK_WARPS];
  // Of the segments so far; the first thread adds them up.
  Totals<Real, double> row;
  Real numbers[BLOCK_WARPS];
  int integers[BLOCK_WARPS];
};

// All threads of a block. Every exchange begins when the memory is free, and leaves it free.
template <class Real>
struct Block {
  BlockMemory<Real> *memory;

  DEVICE_MEMBER int rank() const { return thread_of_block(); }

  DEVICE_MEMBER int size() const { return BLOCK_THREADS; }

  DEVICE_MEMBER int warp() const { return thread_of_block() / 32; }

  DEVICE_MEMBER Real greatest(Real x) const {
    memory->numbers[warp()] = Lanes{32}.greatest(x);
    wait_for_block();
    Real result = memory->numbers[0];
    for (int i = 1; i < BLOCK_WARPS; i++) {
      result = greater(result, memory->numbers[i]);
    }
    wait_for_block();
    return result;
  }

  DEVICE_MEMBER Real sum(Real x) const {
    memory->numbers[warp()] = Lanes{32}.sum(x);
    wait_for_block();
    Real result = memory->numbers[0];
    for (int i = 1; i < BLOCK_WARPS; i++) {
      result += memory->numbers[i];
    }
    wait_for_block();
    return result;
  }

  DEVICE_MEMBER void first_greatest(Real &maximum, int &argmax) const {
    Lanes{32}.first_greatest(maximum, argmax);
    memory->numbers[warp()] = maximum;
    memory->integers[warp()] = argmax;
    wait_for_block();
    for (int i = 0; i < BLOCK_WARPS; i++) {
      keep_greater(maximum, argmax, memory->numbers[i], memory->integers[i]);
    }
    wait_for_block();
  }

  template <class P>
  DEVICE_MEMBER void add(Totals<Real, Real> &totals, const RowParameters<Real> &call) const {
    Lanes{32}.template add<P>(totals, call);
    if (thread_of_warp() == 0) {
      memory->totals[warp()] = totals;
    }
    wait_for_block();
    totals = memory->totals[0];
#pragma unroll(P::keeps_octets ? BLOCK_WARPS : 1)
    for (int i = 1; i < BLOCK_WARPS; i++) {
      add_aligned<P>(totals, memory->totals[i], call);
    }
    wait_for_block();
  }
};

// The totals of all threads of a group, the same in each of them.
template <class P, class Group>
DEVICE void gather(
    Totals<typename P::Real, typename P::Real> &totals, const Group &group,
    const RowParameters<typename P::Real> &call) {
  move_shift<P>(totals, group.greatest(totals.shift), call);
  group.template add<P>(totals, call);
}
