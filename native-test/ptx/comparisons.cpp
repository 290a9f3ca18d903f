#include "float_arithmetic.h"
#include "operations.h"

namespace ptx {
namespace {

enum class Relation {
  kEq, kNe, kLt, kLe, kGt, kGe, kEqu, kNeu, kLtu, kLeu, kGtu, kGeu, kNumber, kNan
};

template <Relation relation, class T>
bool Holds(T a, T b) {
  const bool ordered = a == a && b == b;
  switch (relation) {
    case Relation::kEq: return a == b;
    // Of two numbers only: with a NaN it does not hold, unlike !=.
    case Relation::kNe: return ordered && a != b;
    case Relation::kLt: return a < b;
    case Relation::kLe: return a <= b;
    case Relation::kGt: return a > b;
    case Relation::kGe: return a >= b;
    case Relation::kEqu: return !ordered || a == b;
    case Relation::kNeu: return a != b;
    case Relation::kLtu: return !(a >= b);
    case Relation::kLeu: return !(a > b);
    case Relation::kGtu: return !(a <= b);
    case Relation::kGeu: return !(a < b);
    case Relation::kNumber: return ordered;
    case Relation::kNan: return !ordered;
  }
  return false;
}

enum class Junction { kNone, kAnd, kOr, kXor };

template <Junction junction>
bool Join(bool held, bool other) {
  switch (junction) {
    case Junction::kAnd: return held && other;
    case Junction::kOr: return held || other;
    case Junction::kXor: return held != other;
    default: return held;
  }
}

template <class T, bool ftz, Relation relation>
bool Test(const Instruction* i, Thread& thread) {
  T a = Get<T>(thread, i->a);
  T b = Get<T>(thread, i->b);
  if constexpr (ftz) {
    a = Flushed<true>(a);
    b = Flushed<true>(b);
  }
  return Holds<relation>(a, b);
}

template <class T, bool ftz, Relation relation, Junction junction>
const Instruction* SetPredicate(const Instruction* i, Thread& thread) {
  const bool held = Test<T, ftz, relation>(i, thread);
  if constexpr (junction == Junction::kNone) {
    Put<bool>(thread, i->d, held);
    Put<bool>(thread, i->extra, !held);
  } else {
    const bool other = Get<bool>(thread, i->c);
    Put<bool>(thread, i->d, Join<junction>(held, other));
    Put<bool>(thread, i->extra, Join<junction>(!held, other));
  }
  return i + 1;
}

// D: float gets 1.0, an integer all ones.
template <class D, class T, bool ftz, Relation relation, Junction junction>
const Instruction* Set(const Instruction* i, Thread& thread) {
  bool held = Test<T, ftz, relation>(i, thread);
  if constexpr (junction != Junction::kNone) held = Join<junction>(held, Get<bool>(thread, i->c));
  Put<D>(thread, i->d, held ? (std::is_same_v<D, float> ? D(1) : static_cast<D>(-1)) : D(0));
  return i + 1;
}

template <class T, bool ftz, Relation relation, Junction junction>
void AddJunction(Operations& to, const std::string& relation_name, const std::string& type) {
  static const char* const names[] = {"", ".and", ".or", ".xor"};
  const std::string middle =
      relation_name + names[static_cast<int>(junction)] + (ftz ? ".ftz" : "");
  const bool joins = junction != Junction::kNone;
  to.Add("setp" + middle + type,
         {SetPredicate<T, ftz, relation, junction>, joins ? "pabc" : "pab"});
  const char* const operands = joins ? "dabc" : "dab";
  to.Add("set" + middle + ".u32" + type,
         {Set<std::uint32_t, T, ftz, relation, junction>, operands});
  to.Add("set" + middle + ".s32" + type,
         {Set<std::int32_t, T, ftz, relation, junction>, operands});
  to.Add("set" + middle + ".f32" + type, {Set<float, T, ftz, relation, junction>, operands});
}

template <class T, bool ftz, Relation relation>
void AddRelation(Operations& to, const std::string& name, const std::string& type) {
  AddJunction<T, ftz, relation, Junction::kNone>(to, name, type);
  AddJunction<T, ftz, relation, Junction::kAnd>(to, name, type);
  AddJunction<T, ftz, relation, Junction::kOr>(to, name, type);
  AddJunction<T, ftz, relation, Junction::kXor>(to, name, type);
}

template <class T, bool ftz>
void AddOrder(Operations& to, const std::string& type) {
  AddRelation<T, ftz, Relation::kEq>(to, ".eq", type);
  AddRelation<T, ftz, Relation::kNe>(to, ".ne", type);
  AddRelation<T, ftz, Relation::kLt>(to, ".lt", type);
  AddRelation<T, ftz, Relation::kLe>(to, ".le", type);
  AddRelation<T, ftz, Relation::kGt>(to, ".gt", type);
  AddRelation<T, ftz, Relation::kGe>(to, ".ge", type);
}

template <class T>
void AddInteger(Operations& to) {
  AddOrder<T, false>(to, kTypeName<T>);
  if constexpr (std::is_unsigned_v<T>) {
    const std::string bits = ".b" + std::to_string(sizeof(T) * 8);
    AddRelation<T, false, Relation::kEq>(to, ".eq", bits);
    AddRelation<T, false, Relation::kNe>(to, ".ne", bits);
    AddRelation<T, false, Relation::kLt>(to, ".lo", kTypeName<T>);
    AddRelation<T, false, Relation::kLe>(to, ".ls", kTypeName<T>);
    AddRelation<T, false, Relation::kGt>(to, ".hi", kTypeName<T>);
    AddRelation<T, false, Relation::kGe>(to, ".hs", kTypeName<T>);
  }
}

template <class T, bool ftz>
void AddFloat(Operations& to) {
  const std::string type = kTypeName<T>;
  AddOrder<T, ftz>(to, type);
  AddRelation<T, ftz, Relation::kEqu>(to, ".equ", type);
  AddRelation<T, ftz, Relation::kNeu>(to, ".neu", type);
  AddRelation<T, ftz, Relation::kLtu>(to, ".ltu", type);
  AddRelation<T, ftz, Relation::kLeu>(to, ".leu", type);
  AddRelation<T, ftz, Relation::kGtu>(to, ".gtu", type);
  AddRelation<T, ftz, Relation::kGeu>(to, ".geu", type);
  AddRelation<T, ftz, Relation::kNumber>(to, ".num", type);
  AddRelation<T, ftz, Relation::kNan>(to, ".nan", type);
}

}  // namespace

void AddComparisons(Operations& to) {
  AddInteger<std::uint16_t>(to);
  AddInteger<std::int16_t>(to);
  AddInteger<std::uint32_t>(to);
  AddInteger<std::int32_t>(to);
  AddInteger<std::uint64_t>(to);
  AddInteger<std::int64_t>(to);
  AddFloat<float, false>(to);
  AddFloat<float, true>(to);
  AddFloat<double, false>(to);
}

}  // namespace ptx
