#include "float_arithmetic.h"

namespace ptx {

float HalfToFloat(Half a) {
  const std::uint32_t sign = static_cast<std::uint32_t>(a.bits & 0x8000) << 16;
  const std::uint32_t exponent = a.bits >> 10 & 0x1f;
  const std::uint32_t mantissa = a.bits & 0x3ff;
  if (exponent == 0x1f) return BitsAs<float>(mantissa ? 0x7fffffffu : sign | 0x7f800000u);
  if (exponent == 0) {
    const float magnitude = static_cast<float>(mantissa) * 0x1p-24f;
    return sign ? -magnitude : magnitude;
  }
  return BitsAs<float>(sign | (exponent + 112) << 23 | mantissa << 13);
}

double HalfToDouble(Half a) { return HalfToFloat(a); }

Half DoubleToHalf(double a, Mode mode) {
  if (a != a) return {0x7fff};
  const bool negative = std::signbit(a);
  const std::uint16_t sign = negative ? 0x8000 : 0;
  const double magnitude = std::fabs(a);
  // Directed modes are mirrored below zero.
  if (negative && mode == Mode::kDown) {
    mode = Mode::kUp;
  } else if (negative && mode == Mode::kUp) {
    mode = Mode::kDown;
  }
  std::uint16_t bits = 0x7c00;
  if (magnitude < 65536) {
    const int exponent = magnitude < 0x1p-14 ? -14 : std::ilogb(magnitude);
    const double units = RoundToInteger(std::ldexp(magnitude, 10 - exponent), mode);
    // The hidden bit carries into the exponent, as does a mantissa rounded up to the next power.
    bits = static_cast<std::uint16_t>((exponent + 14) * 1024 + static_cast<int>(units));
  } else if (magnitude < HUGE_VAL && (mode == Mode::kZero || mode == Mode::kDown)) {
    bits = 0x7bff;
  }
  return {static_cast<std::uint16_t>(sign | bits)};
}

}  // namespace ptx
