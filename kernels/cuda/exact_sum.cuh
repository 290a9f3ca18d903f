// A sum of doubles without any rounding, rounded once when it is read: dev.batchloss.plan.ExactSum
// on the device. The number is Σ limb[i]·2^(32·i−1074). What one addend gives a limb is less than
// 2^32, so that carries can wait for up to 2^31 addends; integers are added, in whatever order, and
// the bits of the result are the same.
#pragma once

#include "arithmetic.cuh"
#include "intrinsics.cuh"

// 2098 bits from the least subnormal to the greatest double, and room for the addends.
constexpr int LIMBS = 70;
constexpr int LIMB_BITS = 32;
constexpr long long LIMB_MASK = 0xFFFFFFFF;

// Behind the limbs: how many addends were no numbers, or infinite.
constexpr int NANS = LIMBS;
constexpr int POSITIVE_INFINITIES = LIMBS + 1;
constexpr int NEGATIVE_INFINITIES = LIMBS + 2;
constexpr int SUM_WORDS = LIMBS + 3;

constexpr int FRACTION_BITS = 52;
constexpr unsigned long long FRACTION_MASK = (1ull << FRACTION_BITS) - 1;
constexpr int SPECIAL_EXPONENT = 0x7FF;

// The least subnormal is 2^−1074.
constexpr int LEAST_EXPONENT = 1074;

DEVICE void add_to_limb(long long *limb, unsigned long long magnitude, bool is_negative) {
  if (magnitude != 0) {
    long long x = static_cast<long long>(magnitude);
    add_atomically(limb, is_negative ? -x : x);
  }
}

// Other threads may add to the same sum.
DEVICE void add_to_sum(long long *sum, double x) {
  unsigned long long bits = bits_of(x);
  int exponent = static_cast<int>(bits >> FRACTION_BITS) & SPECIAL_EXPONENT;
  if (exponent == SPECIAL_EXPONENT) {
    int kind = x != x ? NANS : x > 0 ? POSITIVE_INFINITIES : NEGATIVE_INFINITIES;
    add_atomically(sum + kind, 1);
    return;
  }
  // 0 for zeros and subnormals, which have no leading one and count as of exponent 1.
  int leading = exponent == 0 ? 0 : 1;
  unsigned long long fraction =
      (bits & FRACTION_MASK) | static_cast<unsigned long long>(leading) << FRACTION_BITS;
  int position = exponent - leading;
  int offset = position % LIMB_BITS;
  unsigned long long above = fraction >> (LIMB_BITS - offset);
  bool is_negative = bits >> 63 != 0;
  long long *limb = sum + position / LIMB_BITS;
  add_to_limb(limb, (fraction << offset) & LIMB_MASK, is_negative);
  add_to_limb(limb + 1, above & LIMB_MASK, is_negative);
  add_to_limb(limb + 2, above >> LIMB_BITS, is_negative);
}

// Leaves 0..2^32−1 in every limb but the last, which keeps the sign.
DEVICE void carry(long long *sum) {
  for (int i = 0; i < LIMBS - 1; i++) {
    sum[i + 1] += sum[i] >> LIMB_BITS;
    sum[i] &= LIMB_MASK;
  }
}

// The bits from `from` on of a sum whose carries are done; there are no more than 62 of them.
DEVICE long long leading_bits(const long long *sum, int from) {
  int limb = from / LIMB_BITS;
  int offset = from % LIMB_BITS;
  long long bits = sum[limb] >> offset;
  if (limb + 1 < LIMBS) {
    bits |= sum[limb + 1] << (LIMB_BITS - offset);
  }
  if (limb + 2 < LIMBS && offset > 0) {
    bits |= sum[limb + 2] << (2 * LIMB_BITS - offset);
  }
  return bits;
}

DEVICE bool has_bits_below(const long long *sum, int end) {
  int limb = end / LIMB_BITS;
  bool has_any = (sum[limb] & ((1ll << end % LIMB_BITS) - 1)) != 0;
  for (int i = 0; i < limb; i++) {
    has_any = has_any || sum[i] != 0;
  }
  return has_any;
}

// The sum rounded to the nearest double, ties to even. For one thread, after all others; the limbs
// are left in another form.
DEVICE double value_of(long long *sum) {
  bool rises = sum[POSITIVE_INFINITIES] != 0;
  bool falls = sum[NEGATIVE_INFINITIES] != 0;
  if (sum[NANS] != 0 || (rises && falls)) {
    return not_a_number<double>();
  }
  if (rises || falls) {
    return rises ? infinity<double>() : -infinity<double>();
  }
  carry(sum);
  bool is_negative = sum[LIMBS - 1] < 0;
  if (is_negative) {
    for (int i = 0; i < LIMBS; i++) {
      sum[i] = -sum[i];
    }
    carry(sum);
  }
  int top = LIMBS - 1;
  while (top > 0 && sum[top] == 0) {
    top--;
  }
  int length = LIMB_BITS * top + 64 - leading_zeros(sum[top]);
  double value;
  if (length <= FRACTION_BITS + 1) {
    // A multiple of the least subnormal by less than 2^53 has its factor's bits.
    value = double_of_bits(leading_bits(sum, 0));
  } else {
    // Sixty-two leading bits and a sticky one decide the rounding just as all of them would.
    int dropped = length > 62 ? length - 62 : 0;
    long long leading = leading_bits(sum, dropped) | (has_bits_below(sum, dropped) ? 1 : 0);
    unsigned long long rounded = bits_of(static_cast<double>(leading));
    int exponent = static_cast<int>(rounded >> FRACTION_BITS) + dropped - LEAST_EXPONENT;
    value = exponent >= SPECIAL_EXPONENT
                ? infinity<double>()
                : double_of_bits(
                      (rounded & FRACTION_MASK) |
                      static_cast<unsigned long long>(exponent) << FRACTION_BITS);
  }
  return is_negative ? -value : value;
}
