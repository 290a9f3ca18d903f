#include <array>

#include "float_arithmetic.h"
#include "operations.h"

namespace ptx {
namespace {

// Calls `add` with each rounding mode and its name.
template <class Function>
void ForEachMode(Function add) {
  add(std::integral_constant<Mode, Mode::kNearest>(), ".rn");
  add(std::integral_constant<Mode, Mode::kZero>(), ".rz");
  add(std::integral_constant<Mode, Mode::kDown>(), ".rm");
  add(std::integral_constant<Mode, Mode::kUp>(), ".rp");
}

template <class T, Mode mode, bool ftz, bool sat>
void AddSums(Operations& to, const std::string& rounding) {
  const std::string modifiers =
      std::string(ftz ? ".ftz" : "") + (sat ? ".sat" : "") + kTypeName<T>;
  to.AddFunction<FloatAdd<T, mode, ftz, sat>>("add" + rounding + modifiers);
  to.AddFunction<FloatSubtract<T, mode, ftz, sat>>("sub" + rounding + modifiers);
  to.AddFunction<FloatMultiply<T, mode, ftz, sat>>("mul" + rounding + modifiers);
  if (rounding.empty()) return;
  to.AddFunction<FloatFused<T, mode, ftz, sat>>("fma" + rounding + modifiers);
  to.AddFunction<FloatFused<T, mode, ftz, sat>>("mad" + rounding + modifiers);
}

template <class T, Mode mode, bool ftz>
void AddRounded(Operations& to, const std::string& rounding) {
  AddSums<T, mode, ftz, false>(to, rounding);
  if constexpr (sizeof(T) == 4) AddSums<T, mode, ftz, true>(to, rounding);
  if (rounding.empty()) return;
  const std::string modifiers = rounding + (ftz ? ".ftz" : "") + kTypeName<T>;
  to.AddFunction<FloatDivide<T, mode, ftz>>("div" + modifiers);
  to.AddFunction<FloatReciprocal<T, mode, ftz>>("rcp" + modifiers);
  to.AddFunction<FloatSquareRoot<T, mode, ftz>>("sqrt" + modifiers);
}

template <class T, bool ftz>
void AddOthers(Operations& to) {
  const std::string modifiers = std::string(ftz ? ".ftz" : "") + kTypeName<T>;
  to.AddFunction<FloatMinimum<T, ftz>>("min" + modifiers);
  to.AddFunction<FloatMaximum<T, ftz>>("max" + modifiers);
  to.AddFunction<FloatAbsolute<T, ftz>>("abs" + modifiers);
  to.AddFunction<FloatNegate<T, ftz>>("neg" + modifiers);
  ForEachMode([&](auto mode, const char* name) {
    AddRounded<T, decltype(mode)::value, ftz>(to, name);
  });
  AddRounded<T, Mode::kNearest, ftz>(to, "");
}

template <class T>
void AddClasses(Operations& to) {
  const std::string type = kTypeName<T>;
  to.AddFunction<IsOfClass<T, Class::kFinite>>("testp.finite" + type);
  to.AddFunction<IsOfClass<T, Class::kInfinite>>("testp.infinite" + type);
  to.AddFunction<IsOfClass<T, Class::kNumber>>("testp.number" + type);
  to.AddFunction<IsOfClass<T, Class::kNotANumber>>("testp.notanumber" + type);
  to.AddFunction<IsOfClass<T, Class::kNormal>>("testp.normal" + type);
  to.AddFunction<IsOfClass<T, Class::kSubnormal>>("testp.subnormal" + type);
  to.AddFunction<CopySign<T>>("copysign" + type);
}

// A double holds sums and products of two halves exactly, and what it loses of a fused product and
// sum never decides how a half is rounded.
Half AddHalves(Half a, Half b) {
  return DoubleToHalf(HalfToDouble(a) + HalfToDouble(b), Mode::kNearest);
}
Half SubtractHalves(Half a, Half b) {
  return DoubleToHalf(HalfToDouble(a) - HalfToDouble(b), Mode::kNearest);
}
Half MultiplyHalves(Half a, Half b) {
  return DoubleToHalf(HalfToDouble(a) * HalfToDouble(b), Mode::kNearest);
}
Half FuseHalves(Half a, Half b, Half c) {
  return DoubleToHalf(HalfToDouble(a) * HalfToDouble(b) + HalfToDouble(c), Mode::kNearest);
}
Half NegateHalf(Half a) { return {static_cast<std::uint16_t>(a.bits ^ 0x8000)}; }
Half AbsoluteHalf(Half a) { return {static_cast<std::uint16_t>(a.bits & 0x7fff)}; }

using Halves = std::array<Half, 2>;
template <Half (*function)(Half)>
Halves OnBoth(Halves a) {
  return {function(a[0]), function(a[1])};
}
template <Half (*function)(Half, Half)>
Halves OnBoth(Halves a, Halves b) {
  return {function(a[0], b[0]), function(a[1], b[1])};
}
template <Half (*function)(Half, Half, Half)>
Halves OnBoth(Halves a, Halves b, Halves c) {
  return {function(a[0], b[0], c[0]), function(a[1], b[1], c[1])};
}

template <auto function>
void AddHalfFunction(Operations& to, const std::string& name) {
  to.AddFunction<function>(name + ".f16");
  to.AddFunction<OnBoth<function>>(name + ".f16x2");
}

}  // namespace

void AddFloatOperations(Operations& to) {
  AddOthers<float, false>(to);
  AddOthers<float, true>(to);
  AddOthers<double, false>(to);
  AddClasses<float>(to);
  AddClasses<double>(to);
  for (const char* rounding : {"", ".rn"}) {
    AddHalfFunction<AddHalves>(to, std::string("add") + rounding);
    AddHalfFunction<SubtractHalves>(to, std::string("sub") + rounding);
    AddHalfFunction<MultiplyHalves>(to, std::string("mul") + rounding);
  }
  AddHalfFunction<FuseHalves>(to, "fma.rn");
  AddHalfFunction<NegateHalf>(to, "neg");
  AddHalfFunction<AbsoluteHalf>(to, "abs");
}

}  // namespace ptx
