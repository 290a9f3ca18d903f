// Integer instructions as functions of values.
#pragma once

#include <cstdint>
#include <limits>
#include <type_traits>

namespace ptx {

// T must be an integer of 16, 32 or 64 bits.
template <class T>
using Unsigned = std::make_unsigned_t<T>;
template <class T>
using Wide = std::conditional_t<
    sizeof(T) == 2, std::conditional_t<std::is_signed_v<T>, std::int32_t, std::uint32_t>,
    std::conditional_t<sizeof(T) == 4,
                       std::conditional_t<std::is_signed_v<T>, std::int64_t, std::uint64_t>,
                       std::conditional_t<std::is_signed_v<T>, __int128, unsigned __int128>>>;
template <class T>
constexpr unsigned kBits = sizeof(T) * 8;

// 16-bit operands would be promoted to int, which may overflow: all arithmetic is in 64 bits.
template <class T>
T Add(T a, T b) {
  return static_cast<T>(static_cast<std::uint64_t>(a) + static_cast<std::uint64_t>(b));
}
template <class T>
T Subtract(T a, T b) {
  return static_cast<T>(static_cast<std::uint64_t>(a) - static_cast<std::uint64_t>(b));
}
template <class T>
T MultiplyLow(T a, T b) {
  return static_cast<T>(static_cast<std::uint64_t>(a) * static_cast<std::uint64_t>(b));
}
template <class T>
T MultiplyHigh(T a, T b) {
  return static_cast<T>((static_cast<Wide<T>>(a) * static_cast<Wide<T>>(b)) >> kBits<T>);
}
template <class T>
Wide<T> MultiplyWide(T a, T b) {
  return static_cast<Wide<T>>(a) * static_cast<Wide<T>>(b);
}
template <class T>
T MultiplyLowAdd(T a, T b, T c) {
  return Add(MultiplyLow(a, b), c);
}
template <class T>
T MultiplyHighAdd(T a, T b, T c) {
  return Add(MultiplyHigh(a, b), c);
}
template <class T>
Wide<T> MultiplyWideAdd(T a, T b, Wide<T> c) {
  return Add(MultiplyWide(a, b), c);
}
inline std::int32_t AddSaturated(std::int32_t a, std::int32_t b) {
  const std::int64_t sum = std::int64_t{a} + b;
  return sum > INT32_MAX ? INT32_MAX : sum < INT32_MIN ? INT32_MIN : static_cast<std::int32_t>(sum);
}
inline std::int32_t SubtractSaturated(std::int32_t a, std::int32_t b) {
  const std::int64_t sum = std::int64_t{a} - b;
  return sum > INT32_MAX ? INT32_MAX : sum < INT32_MIN ? INT32_MIN : static_cast<std::int32_t>(sum);
}
// What a division by zero gives is not specified; GPUs give all ones, and the dividend as the rest.
template <class T>
T Divide(T a, T b) {
  if (b == 0) return static_cast<T>(-1);
  if (std::is_signed_v<T> && b == static_cast<T>(-1)) return Subtract<T>(0, a);
  return static_cast<T>(a / b);
}
template <class T>
T Remainder(T a, T b) {
  if (b == 0) return a;
  if (std::is_signed_v<T> && b == static_cast<T>(-1)) return 0;
  return static_cast<T>(a % b);
}
template <class T>
T Minimum(T a, T b) {
  return a < b ? a : b;
}
template <class T>
T Maximum(T a, T b) {
  return a > b ? a : b;
}
template <class T>
T Negate(T a) {
  return Subtract<T>(0, a);
}
template <class T>
T Absolute(T a) {
  return a < 0 ? Negate(a) : a;
}
template <class T>
T AddDistance(T a, T b, T c) {
  return Add(c, a < b ? Subtract(b, a) : Subtract(a, b));
}
template <class T>
T And(T a, T b) {
  return a & b;
}
template <class T>
T Or(T a, T b) {
  return a | b;
}
template <class T>
T Xor(T a, T b) {
  return a ^ b;
}
template <class T>
T Not(T a) {
  return static_cast<T>(~a);
}
template <>
inline bool Not<bool>(bool a) {
  return !a;
}
template <class T>
T LogicalNot(T a) {
  return a == 0;
}
template <class T>
T ShiftLeft(T a, std::uint32_t by) {
  return by >= kBits<T> ? 0 : static_cast<T>(a << by);
}
template <class T>
T ShiftRight(T a, std::uint32_t by) {
  if (by >= kBits<T>) return static_cast<T>(std::is_signed_v<T> && a < 0 ? -1 : 0);
  return static_cast<T>(a >> by);
}
template <class T>
std::uint32_t CountOnes(T a) {
  return static_cast<std::uint32_t>(__builtin_popcountll(a));
}
template <class T>
std::uint32_t CountLeadingZeros(T a) {
  return a == 0 ? kBits<T> : static_cast<std::uint32_t>(__builtin_clzll(a)) - (64 - kBits<T>);
}
// The highest bit that differs from the sign; all ones where there is none.
template <class T>
std::uint32_t FindLeading(T a) {
  const auto bits = static_cast<Unsigned<T>>(std::is_signed_v<T> && a < 0 ? ~a : a);
  return bits == 0 ? ~0u : kBits<T> - 1 - CountLeadingZeros(bits);
}
template <class T>
std::uint32_t FindLeadingShift(T a) {
  const std::uint32_t found = FindLeading(a);
  return found == ~0u ? found : kBits<T> - 1 - found;
}
template <class T>
T ReverseBits(T a) {
  T reversed = 0;
  for (unsigned k = 0; k < kBits<T>; ++k) reversed |= ((a >> k) & 1) << (kBits<T> - 1 - k);
  return reversed;
}
template <class T>
T ExtractBits(T a, std::uint32_t position, std::uint32_t length) {
  position &= 0xff;
  length &= 0xff;
  if (length == 0) return 0;
  constexpr unsigned last = kBits<T> - 1;
  const unsigned top = position + length - 1 < last ? position + length - 1 : last;
  const bool sign = std::is_signed_v<T> && ((static_cast<Unsigned<T>>(a) >> top) & 1);
  const Unsigned<T> shifted = ShiftRight(static_cast<Unsigned<T>>(a), position);
  const unsigned kept = position > last ? 0 : top - position + 1;
  const Unsigned<T> mask = kept >= kBits<T> ? ~Unsigned<T>{0} : (Unsigned<T>{1} << kept) - 1;
  return static_cast<T>((shifted & mask) | (sign ? ~mask : 0));
}
template <class T>
T InsertBits(T a, T b, std::uint32_t position, std::uint32_t length) {
  position &= 0xff;
  length &= 0xff;
  const T ones = length >= kBits<T> ? ~T{0} : (T{1} << length) - 1;
  const T mask = ShiftLeft(ones, position);
  return (ShiftLeft(a, position) & mask) | (b & ~mask);
}
inline std::uint32_t Permute(std::uint32_t a, std::uint32_t b, std::uint32_t control) {
  const std::uint64_t bytes = (std::uint64_t{b} << 32) | a;
  std::uint32_t result = 0;
  for (unsigned k = 0; k < 4; ++k) {
    const std::uint32_t selector = (control >> (4 * k)) & 0xf;
    std::uint32_t byte = (bytes >> (8 * (selector & 7))) & 0xff;
    if (selector & 8) byte = byte & 0x80 ? 0xff : 0;
    result |= byte << (8 * k);
  }
  return result;
}
template <bool left, bool wraps>
std::uint32_t FunnelShift(std::uint32_t a, std::uint32_t b, std::uint32_t by) {
  const std::uint32_t n = wraps ? by & 31 : by < 32 ? by : 32;
  const std::uint64_t both = (std::uint64_t{b} << 32) | a;
  return static_cast<std::uint32_t>(left ? (both << n) >> 32 : both >> n);
}
inline std::uint32_t Lookup3(std::uint32_t a, std::uint32_t b, std::uint32_t c,
                             std::uint32_t table) {
  std::uint32_t result = 0;
  for (unsigned k = 0; k < 8; ++k) {
    if (table >> k & 1) result |= (k & 4 ? a : ~a) & (k & 2 ? b : ~b) & (k & 1 ? c : ~c);
  }
  return result;
}
template <class A, class B>
std::uint32_t DotProduct4(std::uint32_t a, std::uint32_t b, std::uint32_t c) {
  std::int64_t sum = c;
  for (unsigned k = 0; k < 32; k += 8) {
    sum += std::int64_t{static_cast<A>(a >> k)} * static_cast<B>(b >> k);
  }
  return static_cast<std::uint32_t>(sum);
}
template <class T>
T Select(T a, T b, bool condition) {
  return condition ? a : b;
}
template <class T>
T SelectBySign(T a, T b, std::int32_t sign) {
  return sign >= 0 ? a : b;
}

}  // namespace ptx
