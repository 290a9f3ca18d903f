// Instructions whose results only have an error limit: computed in double, then moved to the end of
// the interval that the limit allows, as the schedule says. The limits and what becomes of special
// values are those of the PTX ISA manual, version 9.1, sections 9.7.3.8 (div), 9.7.3.13 to 9.7.3.22
// (rcp, sqrt, rsqrt, sin, cos, lg2, ex2, tanh).
#include "float_arithmetic.h"
#include "operations.h"

namespace ptx {
namespace {

using Rounding = Schedule::Rounding;

float UlpOf(double value) {
  const double magnitude = std::fabs(value);
  return magnitude < 0x1p-126 ? 0x1p-149f
                              : static_cast<float>(std::ldexp(1.0, std::ilogb(magnitude) - 23));
}

// The float at the end of the interval value ± error, or the nearest one to the value. A limit
// never turns a finite result infinite, nor changes its sign.
float Within(double value, double error, Rounding rounding) {
  const float nearest = static_cast<float>(value);
  if (rounding == Rounding::kNearest || !std::isfinite(nearest) || nearest == 0) return nearest;
  const bool up = rounding == Rounding::kHighest;
  const double end = up ? value + error : value - error;
  float result = static_cast<float>(end);
  if (up && result > end) result = std::nextafterf(result, -HUGE_VALF);
  if (!up && result < end) result = std::nextafterf(result, HUGE_VALF);
  if (std::isinf(result)) return std::nextafterf(result, 0.0f);
  return result != 0 && std::signbit(result) != std::signbit(nearest)
             ? std::copysign(0.0f, nearest)
             : result;
}

float WithinUlps(double value, double ulps, Rounding rounding) {
  return Within(value, ulps * UlpOf(value), rounding);
}

float WithinRelative(double value, double error, Rounding rounding) {
  return Within(value, std::fabs(value) * error, rounding);
}

// "The maximum ulp error is 2 ulp from correctly rounded result across the full range of inputs."
// Of ±0 it is 1. Powers of two are exact: the manual does not say so, but without it NVIDIA's own
// expm1f, which scales with this instruction, would err by more than its documented 1 ulp.
float Exponential(float a, Rounding rounding) {
  if (a == std::floor(a)) return static_cast<float>(std::exp2(static_cast<double>(a)));
  const double value = std::exp2(static_cast<double>(a));
  const float nearest = static_cast<float>(value);
  return WithinUlps(std::isfinite(nearest) ? nearest : value, 2, rounding);
}

// "The maximum absolute error is 2^-22 when the input operand is in the range (0.5, 2). For
// positive finite inputs outside of this interval, maximum relative error is 2^-22."
float Logarithm(float a, Rounding rounding) {
  const double value = std::log2(static_cast<double>(a));
  if (!(a > 0.5f && a < 2)) return WithinRelative(value, 0x1p-22, rounding);
  if (value == 0 && rounding != Rounding::kNearest) {
    return rounding == Rounding::kHighest ? 0x1p-22f : -0x1p-22f;
  }
  return Within(value, 0x1p-22, rounding);
}

// "The maximum ulp error is 1 across the full range of inputs."
float Reciprocal(float a, Rounding rounding) {
  return WithinUlps(1 / static_cast<double>(a), 1, rounding);
}

// "The maximum relative error over the entire positive finite floating-point range is 2^-23."
float SquareRoot(float a, Rounding rounding) {
  return WithinRelative(std::sqrt(static_cast<double>(a)), 0x1p-23, rounding);
}

// "The maximum relative error for rsqrt.f32 over the entire positive finite floating-point range is
// 2^-22.9."
float ReciprocalSquareRoot(float a, Rounding rounding) {
  return WithinRelative(1 / std::sqrt(static_cast<double>(a)), 0x1.125fbep-23, rounding);
}

// "The maximum absolute error over input range": 2^-20.5 in ±2π, 2^-14.7 in ±100π, nothing beyond.
double SineError(float a) { return std::fabs(a) <= 6.2831855f ? 0x1.6a09e6p-21 : 0x1.3b2c48p-15; }

float Sine(float a, Rounding rounding) {
  return Within(std::sin(static_cast<double>(a)), SineError(a), rounding);
}

float Cosine(float a, Rounding rounding) {
  return Within(std::cos(static_cast<double>(a)), SineError(a), rounding);
}

// "The maximum relative error" is 2^-11.
float Tangent(float a, Rounding rounding) {
  return WithinRelative(std::tanh(static_cast<double>(a)), 0x1p-11, rounding);
}

// "For |b| in [2^-126, 2^126], the maximum ulp error is 2. For 2^126 < |b| < 2^128, if a is
// infinity, div.approx.f32 returns NaN, otherwise it returns a sign-preserving zero."
float ApproximateQuotient(float a, float b, Rounding rounding) {
  const double value = static_cast<double>(a) / b;
  if (std::fabs(b) > 0x1p126f && std::isfinite(b)) {
    return std::isinf(a) ? NAN : static_cast<float>(std::copysign(0.0, value));
  }
  return WithinUlps(value, 2, rounding);
}

// "The maximum ulp error is 2 across the full range of inputs."
float FullQuotient(float a, float b, Rounding rounding) {
  return WithinUlps(static_cast<double>(a) / b, 2, rounding);
}

template <float (*function)(float, Rounding), bool ftz>
const Instruction* Unary(const Instruction* i, Thread& thread) {
  const float result = function(Flushed<ftz>(Get<float>(thread, i->a)), thread.block->rounding);
  Put<float>(thread, i->d, Finished<ftz, false>(result));
  return i + 1;
}

template <float (*function)(float, float, Rounding), bool ftz>
const Instruction* Binary(const Instruction* i, Thread& thread) {
  const float result = function(Flushed<ftz>(Get<float>(thread, i->a)),
                                Flushed<ftz>(Get<float>(thread, i->b)), thread.block->rounding);
  Put<float>(thread, i->d, Finished<ftz, false>(result));
  return i + 1;
}

// Upper words of doubles only; the manual gives no limit but "gross": here it is a unit of the last
// of the 20 bits.
double UpperWord(double value, Rounding rounding) {
  if (value != value) return BitsAs<double>(std::uint64_t{0x7fffffff} << 32);
  value = Flushed<true>(value);
  std::uint64_t word = (BitsAs<std::uint64_t>(value) + 0x80000000u) >> 32;
  if (std::isinf(value) || value == 0) return value;
  const bool grows = (rounding == Rounding::kHighest) == (value > 0);
  if (rounding != Rounding::kNearest) word += grows ? 1 : -1;
  return BitsAs<double>(word << 32);
}

double UpperWordOf(double a) {
  return Flushed<true>(BitsAs<double>(BitsAs<std::uint64_t>(a) & ~std::uint64_t{0xffffffff}));
}

const Instruction* GrossReciprocal(const Instruction* i, Thread& thread) {
  const double a = UpperWordOf(Get<double>(thread, i->a));
  Put<double>(thread, i->d, UpperWord(1 / a, thread.block->rounding));
  return i + 1;
}

const Instruction* GrossReciprocalSquareRoot(const Instruction* i, Thread& thread) {
  const double a = UpperWordOf(Get<double>(thread, i->a));
  Put<double>(thread, i->d, UpperWord(1 / std::sqrt(a), thread.block->rounding));
  return i + 1;
}

// No limit is given; CUDA's rsqrt(double), which this is, is documented with 1 ulp.
const Instruction* DoubleReciprocalSquareRoot(const Instruction* i, Thread& thread) {
  const double value = 1 / std::sqrt(Get<double>(thread, i->a));
  const Rounding rounding = thread.block->rounding;
  const bool stays = rounding == Rounding::kNearest || !std::isfinite(value) || value == 0;
  const double towards = rounding == Rounding::kHighest ? HUGE_VAL : -HUGE_VAL;
  Put<double>(thread, i->d, stays ? value : std::nextafter(value, towards));
  return i + 1;
}

template <float (*function)(float, Rounding)>
void AddUnary(Operations& to, const std::string& name) {
  to.Add(name + ".f32", {Unary<function, false>, "da"});
  to.Add(name + ".ftz.f32", {Unary<function, true>, "da"});
}

}  // namespace

void AddApproximations(Operations& to) {
  AddUnary<Exponential>(to, "ex2.approx");
  AddUnary<Logarithm>(to, "lg2.approx");
  AddUnary<Reciprocal>(to, "rcp.approx");
  AddUnary<SquareRoot>(to, "sqrt.approx");
  AddUnary<ReciprocalSquareRoot>(to, "rsqrt.approx");
  AddUnary<Sine>(to, "sin.approx");
  AddUnary<Cosine>(to, "cos.approx");
  to.Add("tanh.approx.f32", {Unary<Tangent, false>, "da"});
  to.Add("div.approx.f32", {Binary<ApproximateQuotient, false>, "dab"});
  to.Add("div.approx.ftz.f32", {Binary<ApproximateQuotient, true>, "dab"});
  to.Add("div.full.f32", {Binary<FullQuotient, false>, "dab"});
  to.Add("div.full.ftz.f32", {Binary<FullQuotient, true>, "dab"});
  to.Add("rcp.approx.ftz.f64", {GrossReciprocal, "da"});
  to.Add("rsqrt.approx.ftz.f64", {GrossReciprocalSquareRoot, "da"});
  to.Add("rsqrt.approx.f64", {DoubleReciprocalSquareRoot, "da"});
}

}  // namespace ptx
