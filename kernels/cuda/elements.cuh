// Eight consecutive elements of a row, whatever their type, as numbers of the arithmetic.
#pragma once

#include "intrinsics.cuh"
#include "row_parameters.cuh"

// What one load instruction fetches at most.
struct alignas(16) Quad {
  unsigned word[4];
};

struct alignas(16) Pair {
  double number[2];
};

DEVICE int bytes_of(int type) { return type == FLOAT64 ? 8 : type == FLOAT32 ? 4 : 2; }

// To nearest even; a NaN stays one, though its low bits are cut off.
DEVICE unsigned short bfloat16_of(float x) {
  unsigned bits = bits_of(x);
  unsigned rounded = (bits + 0x7FFF + (bits >> 16 & 1)) >> 16;
  return static_cast<unsigned short>(x != x ? bits >> 16 | 0x40 : rounded);
}

DEVICE bool is_quad_aligned(const void *p) {
  return (reinterpret_cast<unsigned long long>(p) & 15) == 0;
}

// How an element of a type becomes a number, and a number an element.
template <int TYPE>
struct Stored;

template <>
struct Stored<FLOAT32> {
  using Element = float;
  template <class Real>
  static DEVICE_MEMBER Real load(float x) {
    return x;
  }
  template <class Real>
  static DEVICE_MEMBER float store(Real x) {
    return static_cast<float>(x);
  }
};

template <>
struct Stored<FLOAT64> {
  using Element = double;
  template <class Real>
  static DEVICE_MEMBER Real load(double x) {
    return static_cast<Real>(x);
  }
  template <class Real>
  static DEVICE_MEMBER double store(Real x) {
    return x;
  }
};

template <>
struct Stored<FLOAT16> {
  using Element = unsigned short;
  template <class Real>
  static DEVICE_MEMBER Real load(unsigned short bits) {
    return float_of_half(bits);
  }
  template <class Real>
  static DEVICE_MEMBER unsigned short store(Real x) {
    return half_of(x);
  }
};

template <>
struct Stored<BFLOAT16> {
  using Element = unsigned short;
  template <class Real>
  static DEVICE_MEMBER Real load(unsigned short bits) {
    return float_of_bits(static_cast<unsigned>(bits) << 16);
  }
  template <class Real>
  static DEVICE_MEMBER unsigned short store(Real x) {
    return bfloat16_of(static_cast<float>(x));
  }
};

// Calls a function template whose first argument is the element type.
#define DISPATCH(type, function, ...)   \
  switch (type) {                       \
    case FLOAT32:                       \
      function<FLOAT32>(__VA_ARGS__);   \
      break;                            \
    case FLOAT64:                       \
      function<FLOAT64>(__VA_ARGS__);   \
      break;                            \
    case FLOAT16:                       \
      function<FLOAT16>(__VA_ARGS__);   \
      break;                            \
    default:                            \
      function<BFLOAT16>(__VA_ARGS__);  \
  }

template <int TYPE, class Real>
DEVICE void load_typed(const void *row, long long at, Real &x) {
  x = Stored<TYPE>::template load<Real>(
      static_cast<const typename Stored<TYPE>::Element *>(row)[at]);
}

template <class Real>
DEVICE Real load_element(const void *row, int type, long long at) {
  Real x;
  DISPATCH(type, load_typed, row, at, x)
  return x;
}

// Up to `count` elements that stand `stride` apart, and `filler` behind them.
template <int TYPE, class Real>
DEVICE void gather_typed(
    const void *from, long long stride, int count, Real filler, Real (&x)[OCTET]) {
#pragma unroll
  for (int i = 0; i < OCTET; i++) {
    x[i] = filler;
    if (i < count) {
      load_typed<TYPE>(from, i * stride, x[i]);
    }
  }
}

template <int TYPE, class Real>
DEVICE void scatter_typed(const Real (&x)[OCTET], void *to, long long stride, int count) {
  using Element = typename Stored<TYPE>::Element;
#pragma unroll
  for (int i = 0; i < OCTET; i++) {
    if (i < count) {
      static_cast<Element *>(to)[i * stride] = Stored<TYPE>::store(x[i]);
    }
  }
}

// Eight elements in whole quads.
template <class Real>
DEVICE void load_quads(const void *from, int type, Real (&x)[OCTET]) {
  const Quad *quads = static_cast<const Quad *>(from);
  if (type == FLOAT32) {
#pragma unroll
    for (int i = 0; i < 2; i++) {
      Quad quad = quads[i];
#pragma unroll
      for (int j = 0; j < 4; j++) {
        x[4 * i + j] = float_of_bits(quad.word[j]);
      }
    }
  } else if (type == FLOAT64) {
#pragma unroll
    for (int i = 0; i < 4; i++) {
      Pair pair = static_cast<const Pair *>(from)[i];
      x[2 * i] = static_cast<Real>(pair.number[0]);
      x[2 * i + 1] = static_cast<Real>(pair.number[1]);
    }
  } else {
    Quad quad = quads[0];
#pragma unroll
    for (int j = 0; j < 4; j++) {
      unsigned low = quad.word[j] & 0xFFFF;
      unsigned high = quad.word[j] >> 16;
      if (type == FLOAT16) {
        x[2 * j] = float_of_half(static_cast<unsigned short>(low));
        x[2 * j + 1] = float_of_half(static_cast<unsigned short>(high));
      } else {
        x[2 * j] = float_of_bits(low << 16);
        x[2 * j + 1] = float_of_bits(high << 16);
      }
    }
  }
}

template <class Real>
DEVICE unsigned short short_of(Real x, int type) {
  return type == FLOAT16 ? half_of(x) : bfloat16_of(static_cast<float>(x));
}

template <class Real>
DEVICE void store_quads(const Real (&x)[OCTET], void *to, int type) {
  Quad *quads = static_cast<Quad *>(to);
  if (type == FLOAT32) {
#pragma unroll
    for (int i = 0; i < 2; i++) {
      Quad quad;
#pragma unroll
      for (int j = 0; j < 4; j++) {
        quad.word[j] = bits_of(static_cast<float>(x[4 * i + j]));
      }
      quads[i] = quad;
    }
  } else if (type == FLOAT64) {
#pragma unroll
    for (int i = 0; i < 4; i++) {
      static_cast<Pair *>(to)[i] = {{x[2 * i], x[2 * i + 1]}};
    }
  } else {
    Quad quad;
#pragma unroll
    for (int j = 0; j < 4; j++) {
      unsigned low = short_of(x[2 * j], type);
      unsigned high = short_of(x[2 * j + 1], type);
      quad.word[j] = low | high << 16;
    }
    quads[0] = quad;
  }
}

// One row of a matrix: its first element, and how far it is to the next class.
struct Line {
  const void *start;
  int type;
  long long stride;
  bool has_quads;
};

// Whether the classes of a row follow each other.
enum class Layout { kAlong, kAcross };

template <Layout LAYOUT>
DEVICE Line line_of(
    const void *matrix, int type, const Strides &strides, long long outer, long long inner) {
  const char *start = static_cast<const char *>(matrix) +
                      (outer * strides.outer + inner * strides.inner) * bytes_of(type);
  if (LAYOUT == Layout::kAlong) {
    return {start, type, 1, is_quad_aligned(start)};
  }
  return {start, type, strides.classes, false};
}

DEVICE const char *class_at(const Line &line, unsigned c) {
  return static_cast<const char *>(line.start) + c * line.stride * bytes_of(line.type);
}

// Classes of the octet at c that stand before `end`.
DEVICE int count_of(unsigned c, unsigned end) {
  return end <= c ? 0 : static_cast<int>(min(end - c, static_cast<unsigned>(OCTET)));
}

// The classes from c on that stand before `end`, and `filler` behind them.
template <class Real>
DEVICE void load_octet(
    const Line &line, unsigned c, unsigned end, Real filler, Real (&x)[OCTET]) {
  if (line.has_quads && c + OCTET <= end) {
    load_quads(class_at(line, c), line.type, x);
    return;
  }
  DISPATCH(line.type, gather_typed, class_at(line, c), line.stride, count_of(c, end), filler, x)
}

template <class Real>
DEVICE void store_octet(const Line &line, unsigned c, unsigned end, const Real (&x)[OCTET]) {
  void *to = const_cast<char *>(class_at(line, c));
  if (line.has_quads && c + OCTET <= end) {
    store_quads(x, to, line.type);
    return;
  }
  DISPATCH(line.type, scatter_typed, x, to, line.stride, count_of(c, end))
}
