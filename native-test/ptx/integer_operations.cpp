#include "integer_arithmetic.h"
#include "operations.h"

namespace ptx {
namespace {

// The sum of two numbers and the carry, which is a flag of the thread in a slot of its own.
template <class T>
T Sum(T a, T b, unsigned carry, unsigned& carried) {
  const auto sum = static_cast<unsigned __int128>(static_cast<Unsigned<T>>(a)) +
                   static_cast<Unsigned<T>>(b) + carry;
  carried = static_cast<unsigned>(sum >> kBits<T>) & 1;
  return static_cast<T>(sum);
}

template <class T, bool in, bool out>
void PutSum(const Instruction* i, Thread& thread, T a, T b) {
  unsigned carried;
  const unsigned carry = in ? static_cast<unsigned>(thread.slots[kCarry]) : 0;
  Put<T>(thread, i->d, Sum<T>(a, b, carry, carried));
  if (out) thread.slots[kCarry] = carried;
}

template <class T, bool in, bool out>
const Instruction* AddCarrying(const Instruction* i, Thread& thread) {
  PutSum<T, in, out>(i, thread, Get<T>(thread, i->a), Get<T>(thread, i->b));
  return i + 1;
}

// a − b is a + ~b + 1; the flag holds the borrow.
template <class T, bool in, bool out>
const Instruction* SubtractBorrowing(const Instruction* i, Thread& thread) {
  unsigned carried;
  const unsigned borrow = in ? static_cast<unsigned>(thread.slots[kCarry]) : 0;
  const T b = Not(Get<T>(thread, i->b));
  Put<T>(thread, i->d, Sum<T>(Get<T>(thread, i->a), b, 1 - borrow, carried));
  if (out) thread.slots[kCarry] = 1 - carried;
  return i + 1;
}

template <class T, bool high, bool in, bool out>
const Instruction* MultiplyAddCarrying(const Instruction* i, Thread& thread) {
  const T a = Get<T>(thread, i->a);
  const T b = Get<T>(thread, i->b);
  PutSum<T, in, out>(i, thread, high ? MultiplyHigh(a, b) : MultiplyLow(a, b),
                     Get<T>(thread, i->c));
  return i + 1;
}

template <class T>
void AddCarries(Operations& to, const std::string& type) {
  to.Add("add.cc" + type, {AddCarrying<T, false, true>, "dab"});
  to.Add("addc" + type, {AddCarrying<T, true, false>, "dab"});
  to.Add("addc.cc" + type, {AddCarrying<T, true, true>, "dab"});
  to.Add("sub.cc" + type, {SubtractBorrowing<T, false, true>, "dab"});
  to.Add("subc" + type, {SubtractBorrowing<T, true, false>, "dab"});
  to.Add("subc.cc" + type, {SubtractBorrowing<T, true, true>, "dab"});
  to.Add("mad.lo.cc" + type, {MultiplyAddCarrying<T, false, false, true>, "dabc"});
  to.Add("mad.hi.cc" + type, {MultiplyAddCarrying<T, true, false, true>, "dabc"});
  to.Add("madc.lo" + type, {MultiplyAddCarrying<T, false, true, false>, "dabc"});
  to.Add("madc.hi" + type, {MultiplyAddCarrying<T, true, true, false>, "dabc"});
  to.Add("madc.lo.cc" + type, {MultiplyAddCarrying<T, false, true, true>, "dabc"});
  to.Add("madc.hi.cc" + type, {MultiplyAddCarrying<T, true, true, true>, "dabc"});
}

template <class T>
void AddArithmetic(Operations& to) {
  const std::string type = kTypeName<T>;
  to.AddFunction<Add<T>>("add" + type);
  to.AddFunction<Subtract<T>>("sub" + type);
  to.AddFunction<MultiplyLow<T>>("mul.lo" + type);
  to.AddFunction<MultiplyHigh<T>>("mul.hi" + type);
  to.AddFunction<MultiplyLowAdd<T>>("mad.lo" + type);
  to.AddFunction<MultiplyHighAdd<T>>("mad.hi" + type);
  to.AddFunction<Divide<T>>("div" + type);
  to.AddFunction<Remainder<T>>("rem" + type);
  to.AddFunction<Minimum<T>>("min" + type);
  to.AddFunction<Maximum<T>>("max" + type);
  to.AddFunction<AddDistance<T>>("sad" + type);
  to.AddFunction<ShiftRight<T>>("shr" + type);
  if constexpr (sizeof(T) < 8) {
    to.AddFunction<MultiplyWide<T>>("mul.wide" + type);
    to.AddFunction<MultiplyWideAdd<T>>("mad.wide" + type);
  }
  if constexpr (sizeof(T) > 2) {
    to.AddFunction<ExtractBits<T>>("bfe" + type);
    to.AddFunction<FindLeading<T>>("bfind" + type);
    to.AddFunction<FindLeadingShift<T>>("bfind.shiftamt" + type);
    AddCarries<T>(to, type);
  }
  if constexpr (std::is_signed_v<T>) {
    to.AddFunction<Negate<T>>("neg" + type);
    to.AddFunction<Absolute<T>>("abs" + type);
  }
}

template <class T>
void AddLogic(Operations& to, const std::string& type) {
  to.AddFunction<And<T>>("and" + type);
  to.AddFunction<Or<T>>("or" + type);
  to.AddFunction<Xor<T>>("xor" + type);
  to.AddFunction<Not<T>>("not" + type);
}

template <class T>
void AddBits(Operations& to) {
  const std::string type = ".b" + std::to_string(kBits<T>);
  AddLogic<T>(to, type);
  to.AddFunction<LogicalNot<T>>("cnot" + type);
  to.AddFunction<ShiftLeft<T>>("shl" + type);
  to.AddFunction<ShiftRight<T>>("shr" + type);
  if constexpr (sizeof(T) > 2) {
    to.AddFunction<CountOnes<T>>("popc" + type);
    to.AddFunction<CountLeadingZeros<T>>("clz" + type);
    to.AddFunction<ReverseBits<T>>("brev" + type);
    to.AddFunction<InsertBits<T>>("bfi" + type);
  }
}

}  // namespace

void AddIntegerOperations(Operations& to) {
  AddArithmetic<std::uint16_t>(to);
  AddArithmetic<std::int16_t>(to);
  AddArithmetic<std::uint32_t>(to);
  AddArithmetic<std::int32_t>(to);
  AddArithmetic<std::uint64_t>(to);
  AddArithmetic<std::int64_t>(to);
  AddBits<std::uint16_t>(to);
  AddBits<std::uint32_t>(to);
  AddBits<std::uint64_t>(to);
  AddLogic<bool>(to, ".pred");
  to.AddFunction<AddSaturated>("add.sat.s32");
  to.AddFunction<SubtractSaturated>("sub.sat.s32");
  to.AddFunction<Permute>("prmt.b32");
  to.AddFunction<FunnelShift<true, true>>("shf.l.wrap.b32");
  to.AddFunction<FunnelShift<true, false>>("shf.l.clamp.b32");
  to.AddFunction<FunnelShift<false, true>>("shf.r.wrap.b32");
  to.AddFunction<FunnelShift<false, false>>("shf.r.clamp.b32");
  to.AddFunction<Lookup3>("lop3.b32");
  to.AddFunction<DotProduct4<std::uint8_t, std::uint8_t>>("dp4a.u32.u32");
  to.AddFunction<DotProduct4<std::uint8_t, std::int8_t>>("dp4a.u32.s32");
  to.AddFunction<DotProduct4<std::int8_t, std::uint8_t>>("dp4a.s32.u32");
  to.AddFunction<DotProduct4<std::int8_t, std::int8_t>>("dp4a.s32.s32");
}

}  // namespace ptx
