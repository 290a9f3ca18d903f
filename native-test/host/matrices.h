// Matrices of the host for tests of kernels, and what a test has found.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <memory>
#include <string>

#include "row_parameters.cuh"

inline int failures = 0;
inline int checks = 0;

inline void Expect(bool holds, const std::string& what) {
  checks++;
  if (!holds) {
    failures++;
    std::printf("FAILED: %s\n", what.c_str());
  }
}

inline int BytesOf(int type) { return type == FLOAT64 ? 8 : type == FLOAT32 ? 4 : 2; }

inline double Load(const char* at, int type) {
  switch (type) {
    case FLOAT32: {
      float x;
      std::memcpy(&x, at, 4);
      return x;
    }
    case FLOAT64: {
      double x;
      std::memcpy(&x, at, 8);
      return x;
    }
    case FLOAT16: {
      _Float16 x;
      std::memcpy(&x, at, 2);
      return static_cast<double>(x);
    }
    default: {
      std::uint16_t bits;
      std::memcpy(&bits, at, 2);
      std::uint32_t wide = static_cast<std::uint32_t>(bits) << 16;
      float x;
      std::memcpy(&x, &wide, 4);
      return x;
    }
  }
}

inline void Store(double x, char* at, int type) {
  if (type == FLOAT64) {
    std::memcpy(at, &x, 8);
  } else if (type == FLOAT16) {
    _Float16 half = static_cast<_Float16>(x);
    std::memcpy(at, &half, 2);
  } else {
    float single = static_cast<float>(x);
    if (type == FLOAT32) {
      std::memcpy(at, &single, 4);
    } else {
      std::uint32_t bits;
      std::memcpy(&bits, &single, 4);
      std::uint16_t high = static_cast<std::uint16_t>(bits >> 16);
      std::memcpy(at, &high, 2);
    }
  }
}

// A matrix in memory of exactly its size; rows start `lead` elements after an aligned address.
struct Memory {
  int type;
  long long rows;
  int classes;
  Strides strides;
  std::size_t bytes;
  std::unique_ptr<char[]> owned;

  Memory(int type, long long rows, int classes, long long padded, bool is_turned)
      : type(type), rows(rows), classes(classes) {
    strides = is_turned ? Strides{1, rows, 0} : Strides{padded, 1, 0};
    long long last = (rows - 1) * strides.outer + (classes - 1) * strides.classes;
    bytes = static_cast<std::size_t>(last + 1) * BytesOf(type);
    owned = std::make_unique<char[]>(bytes);
    std::fill_n(owned.get(), bytes, static_cast<char>(0x7F));
  }

  char* At(long long row, int c) const {
    return owned.get() + (row * strides.outer + c * strides.classes) * BytesOf(type);
  }

  double Get(long long row, int c) const { return Load(At(row, c), type); }

  void Set(long long row, int c, double x) const { Store(x, At(row, c), type); }
};
