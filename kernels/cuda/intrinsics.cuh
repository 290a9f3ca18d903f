// Everything that only a GPU has. A build for the host replaces this one file.
#pragma once

#define DEVICE static __device__ __forceinline__
// Long, and not called often enough to stand everywhere. Not static: the compiler would put a hash of
// the source's path into the name.
#define RARE inline __device__ __noinline__
#define DEVICE_MEMBER __device__ __forceinline__
// A kernel for blocks of so many threads, of which a multiprocessor is to hold so many.
#define KERNEL(threads, blocks) extern "C" __global__ void __launch_bounds__(threads, blocks)
#define PARAMETER __grid_constant__ const

DEVICE int thread_of_block() { return threadIdx.x; }

DEVICE int thread_of_warp() { return threadIdx.x % 32; }

DEVICE long long block_of_grid() { return blockIdx.x; }

DEVICE long long row_of_grid() { return blockIdx.y; }

DEVICE int blocks_of_grid() { return gridDim.x; }

DEVICE void wait_for_block() { __syncthreads(); }

// The x of the thread whose place in the warp differs in the bits of `distance`.
template <class T>
DEVICE T across_warp(T x, int distance) {
  return __shfl_xor_sync(0xFFFFFFFF, x, distance);
}

// Relative error 2^-22, subnormal numbers are 0 (PTX ISA, ex2).
DEVICE float approximate_exp2(float x) {
  float y;
  asm("ex2.approx.ftz.f32 %0, %1;" : "=f"(y) : "f"(x));
  return y;
}

DEVICE float float_of_half(unsigned short bits) {
  float x;
  asm("cvt.f32.f16 %0, %1;" : "=f"(x) : "h"(bits));
  return x;
}

DEVICE unsigned short half_of(float x) {
  unsigned short bits;
  asm("cvt.rn.f16.f32 %0, %1;" : "=h"(bits) : "f"(x));
  return bits;
}

DEVICE unsigned short half_of(double x) {
  unsigned short bits;
  asm("cvt.rn.f16.f64 %0, %1;" : "=h"(bits) : "d"(x));
  return bits;
}

DEVICE float float_of_bits(unsigned bits) { return __uint_as_float(bits); }

DEVICE unsigned bits_of(float x) { return __float_as_uint(x); }

DEVICE float integer_as(float, int x) { return __int_as_float(x); }

DEVICE double integer_as(double, int x) { return __longlong_as_double(x); }

DEVICE unsigned long long bits_of(double x) { return __double_as_longlong(x); }

DEVICE double double_of_bits(unsigned long long bits) { return __longlong_as_double(bits); }

DEVICE int count_bits(unsigned bits) { return __popc(bits); }

DEVICE int leading_zeros(long long bits) { return __clzll(bits); }

// For memory that threads write together: whoever comes first, the result is the same.
DEVICE void add_atomically(long long *to, long long x) {
  atomicAdd(reinterpret_cast<unsigned long long *>(to), static_cast<unsigned long long>(x));
}

DEVICE void keep_least_atomically(long long *least, long long x) { atomicMin(least, x); }

// Shared memory whose size the launch decides.
DEVICE char *launch_memory() {
  extern __shared__ __align__(16) char memory[];
  return memory;
}

#define BLOCK_MEMORY __shared__
