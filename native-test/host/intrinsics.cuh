// Takes the place of kernels/cuda/intrinsics.cuh in a build for the host: every thread of a block is
// a fiber, shared memory is the process's.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstring>

#include "fibers.h"

using std::min;

#define DEVICE static inline
#define DEVICE_MEMBER inline
#define RARE static inline
#define KERNEL(threads, blocks) void
#define PARAMETER const
// One block runs at a time.
#define BLOCK_MEMORY static

DEVICE int thread_of_block() { return fibers::thread(); }

DEVICE int thread_of_warp() { return fibers::thread() % 32; }

DEVICE long long block_of_grid() { return fibers::block_x(); }

DEVICE long long row_of_grid() { return fibers::block_y(); }

DEVICE int blocks_of_grid() { return fibers::grid_x(); }

DEVICE void wait_for_block() { fibers::WaitForBlock(); }

template <class To, class From>
To bits_as(From x) {
  static_assert(sizeof(To) == sizeof(From), "bits of another length");
  To result;
  std::memcpy(&result, &x, sizeof(To));
  return result;
}

template <class T>
T across_warp(T x, int distance) {
  static_assert(sizeof(T) <= sizeof(unsigned long long), "too long to shuffle");
  unsigned long long bits = 0;
  std::memcpy(&bits, &x, sizeof(T));
  bits = fibers::ExchangeInWarp(bits, distance);
  std::memcpy(&x, &bits, sizeof(T));
  return x;
}

DEVICE float approximate_exp2(float x) {
  float y = static_cast<float>(std::exp2(static_cast<double>(x)));
  return y < 1.17549435e-38f ? 0 : y;
}

DEVICE float float_of_half(unsigned short bits) {
  return static_cast<float>(bits_as<_Float16>(bits));
}

DEVICE unsigned short half_of(float x) {
  return bits_as<unsigned short>(static_cast<_Float16>(x));
}

DEVICE unsigned short half_of(double x) {
  return bits_as<unsigned short>(static_cast<_Float16>(x));
}

DEVICE float float_of_bits(unsigned bits) { return bits_as<float>(bits); }

DEVICE unsigned bits_of(float x) { return bits_as<unsigned>(x); }

DEVICE float integer_as(float, int x) { return bits_as<float>(x); }

DEVICE double integer_as(double, int x) { return bits_as<double>(static_cast<long long>(x)); }

DEVICE unsigned long long bits_of(double x) { return bits_as<unsigned long long>(x); }

DEVICE double double_of_bits(unsigned long long bits) { return bits_as<double>(bits); }

DEVICE int count_bits(unsigned bits) { return __builtin_popcount(bits); }

DEVICE int leading_zeros(long long bits) {
  return bits == 0 ? 64 : __builtin_clzll(static_cast<unsigned long long>(bits));
}

// Threads take turns here.
DEVICE void add_atomically(long long *to, long long x) { *to += x; }

DEVICE void keep_least_atomically(long long *least, long long x) { *least = min(*least, x); }

DEVICE char *launch_memory() { return fibers::launch_memory(); }
