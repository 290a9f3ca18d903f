// Floating point instructions as functions of values, correctly rounded in the mode they name.
#pragma once

#include <cfenv>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <limits>
#include <type_traits>

namespace ptx {

enum class Mode { kNearest, kZero, kDown, kUp };

struct Half {
  std::uint16_t bits;
};

template <class To, class From>
To BitsAs(From from) {
  static_assert(sizeof(To) == sizeof(From));
  To to;
  std::memcpy(&to, &from, sizeof(to));
  return to;
}

template <class T>
using BitsOf = std::conditional_t<sizeof(T) == 4, std::uint32_t, std::uint64_t>;
template <class T>
constexpr BitsOf<T> kSignBit = BitsOf<T>{1} << (sizeof(T) * 8 - 1);

class RoundingScope {
 public:
  explicit RoundingScope(Mode mode) {
    std::fesetround(mode == Mode::kZero   ? FE_TOWARDZERO
                    : mode == Mode::kDown ? FE_DOWNWARD
                    : mode == Mode::kUp   ? FE_UPWARD
                                          : FE_TONEAREST);
  }
  ~RoundingScope() { std::fesetround(FE_TONEAREST); }
  RoundingScope(const RoundingScope&) = delete;
  RoundingScope& operator=(const RoundingScope&) = delete;
};

// Operands go through volatile variables: a compiler may move plain arithmetic over the change of
// the rounding mode.
template <Mode mode, class T, class Function>
T Rounded(Function function, T a, T b = 0, T c = 0) {
  if constexpr (mode == Mode::kNearest) {
    return function(a, b, c);
  } else {
    volatile T x = a, y = b, z = c;
    const RoundingScope scope(mode);
    volatile T result = function(x, y, z);
    return result;
  }
}

// A subnormal becomes a zero of its sign.
template <bool flushes, class T>
T Flushed(T a) {
  if constexpr (flushes) {
    if (std::fabs(a) < std::numeric_limits<T>::min()) return std::copysign(T{0}, a);
  }
  return a;
}

// What instructions in single precision make of a NaN.
inline float Canonical(float a) { return a == a ? a : BitsAs<float>(0x7fffffffu); }
inline double Canonical(double a) { return a; }

template <bool flushes, bool saturates, class T>
T Finished(T a) {
  if constexpr (saturates) return a > 0 ? (a < 1 ? Flushed<flushes>(a) : T{1}) : T{0};
  return Canonical(Flushed<flushes>(a));
}

template <class T, Mode mode, bool ftz, bool sat>
T FloatAdd(T a, T b) {
  return Finished<ftz, sat>(Rounded<mode, T>([](T x, T y, T) { return x + y; }, Flushed<ftz>(a),
                                             Flushed<ftz>(b)));
}
template <class T, Mode mode, bool ftz, bool sat>
T FloatSubtract(T a, T b) {
  return Finished<ftz, sat>(Rounded<mode, T>([](T x, T y, T) { return x - y; }, Flushed<ftz>(a),
                                             Flushed<ftz>(b)));
}
template <class T, Mode mode, bool ftz, bool sat>
T FloatMultiply(T a, T b) {
  return Finished<ftz, sat>(Rounded<mode, T>([](T x, T y, T) { return x * y; }, Flushed<ftz>(a),
                                             Flushed<ftz>(b)));
}

// a·b + c rounded down or up without a change of the mode, which costs more than all else: the sum
// of the exact product and c in double, and the sign of what that leaves out, say on which side of
// the exact result the nearest float lies.
template <Mode mode>
float FusedDirected(float a, float b, float c) {
  const float nearest = std::fma(a, b, c);
  const double product = static_cast<double>(a) * b;
  const double addend = c;
  const double sum = product + addend;
  if (!(std::fabs(sum) < HUGE_VAL) || nearest == 0) {
    return Rounded<mode, float>([](float x, float y, float z) { return std::fma(x, y, z); }, a, b,
                                c);
  }
  const double back = sum - product;
  const double rest = (product - (sum - back)) + (addend - back);
  const bool above = nearest > sum || (nearest == sum && rest < 0);
  const bool below = nearest < sum || (nearest == sum && rest > 0);
  if (mode == Mode::kDown && above) return std::nextafterf(nearest, -HUGE_VALF);
  if (mode == Mode::kUp && below) return std::nextafterf(nearest, HUGE_VALF);
  return nearest;
}

template <class T, Mode mode, bool ftz, bool sat>
T FloatFused(T a, T b, T c) {
  a = Flushed<ftz>(a);
  b = Flushed<ftz>(b);
  c = Flushed<ftz>(c);
  if constexpr (sizeof(T) == 4 && (mode == Mode::kDown || mode == Mode::kUp)) {
    return Finished<ftz, sat>(FusedDirected<mode>(a, b, c));
  } else {
    return Finished<ftz, sat>(
        Rounded<mode, T>([](T x, T y, T z) { return std::fma(x, y, z); }, a, b, c));
  }
}
template <class T, Mode mode, bool ftz>
T FloatDivide(T a, T b) {
  return Finished<ftz, false>(Rounded<mode, T>([](T x, T y, T) { return x / y; }, Flushed<ftz>(a),
                                               Flushed<ftz>(b)));
}
template <class T, Mode mode, bool ftz>
T FloatReciprocal(T a) {
  return FloatDivide<T, mode, ftz>(1, a);
}
template <class T, Mode mode, bool ftz>
T FloatSquareRoot(T a) {
  return Finished<ftz, false>(
      Rounded<mode, T>([](T x, T, T) { return std::sqrt(x); }, Flushed<ftz>(a)));
}

// Of a number and a NaN the number; −0 is less than +0.
template <class T, bool ftz>
T FloatMinimum(T a, T b) {
  a = Flushed<ftz>(a);
  b = Flushed<ftz>(b);
  if (a != a) return Canonical(b);
  if (b != b) return a;
  if (a == b) return BitsAs<T>(BitsAs<BitsOf<T>>(a) | BitsAs<BitsOf<T>>(b));
  return a < b ? a : b;
}
template <class T, bool ftz>
T FloatMaximum(T a, T b) {
  a = Flushed<ftz>(a);
  b = Flushed<ftz>(b);
  if (a != a) return Canonical(b);
  if (b != b) return a;
  if (a == b) return BitsAs<T>(BitsAs<BitsOf<T>>(a) & BitsAs<BitsOf<T>>(b));
  return a > b ? a : b;
}
template <class T, bool ftz>
T FloatAbsolute(T a) {
  return BitsAs<T>(BitsAs<BitsOf<T>>(Flushed<ftz>(a)) & ~kSignBit<T>);
}
template <class T, bool ftz>
T FloatNegate(T a) {
  return BitsAs<T>(BitsAs<BitsOf<T>>(Flushed<ftz>(a)) ^ kSignBit<T>);
}
// The sign of a and the value of b.
template <class T>
T CopySign(T a, T b) {
  return BitsAs<T>((BitsAs<BitsOf<T>>(a) & kSignBit<T>) | (BitsAs<BitsOf<T>>(b) & ~kSignBit<T>));
}

enum class Class { kFinite, kInfinite, kNumber, kNotANumber, kNormal, kSubnormal };
template <class T, Class tested>
bool IsOfClass(T a) {
  switch (tested) {
    case Class::kFinite: return std::isfinite(a);
    case Class::kInfinite: return std::isinf(a);
    case Class::kNumber: return !std::isnan(a);
    case Class::kNotANumber: return std::isnan(a);
    case Class::kNormal: return std::isnormal(a);
    case Class::kSubnormal: return std::fpclassify(a) == FP_SUBNORMAL;
  }
  return false;
}

template <class T>
T RoundToInteger(T a, Mode mode) {
  switch (mode) {
    case Mode::kNearest: return std::nearbyint(a);
    case Mode::kZero: return std::trunc(a);
    case Mode::kDown: return std::floor(a);
    default: return std::ceil(a);
  }
}

double HalfToDouble(Half a);
float HalfToFloat(Half a);
Half DoubleToHalf(double a, Mode mode);

}  // namespace ptx
