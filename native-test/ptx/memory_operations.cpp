#include <array>
#include <map>
#include <vector>

#include "float_arithmetic.h"
#include "integer_arithmetic.h"
#include "operations.h"

namespace ptx {
namespace {

std::uint64_t AddressOf(const Instruction* i, const Thread& thread) {
  return thread.slots[i->e] + static_cast<std::uint64_t>(static_cast<std::int64_t>(i->extra));
}

template <Space space>
const char* ForRead(Thread& thread, std::uint64_t address, std::size_t bytes) {
  switch (space) {
    case Space::kGlobal: return GlobalAt<Access::kRead>(thread, address, bytes);
    case Space::kShared: return SharedAt<Access::kRead>(thread, address, bytes, nullptr);
    case Space::kLocal: return LocalAt(thread, address, bytes);
    case Space::kConst: return ConstantAt(thread, address, bytes);
    case Space::kParam: return ParameterAt(thread, address, bytes);
    default: break;
  }
  const std::uint64_t below = address & ~kWindowMask;
  switch (address & kWindowMask) {
    case kSharedWindow: return SharedAt<Access::kRead>(thread, below, bytes, nullptr);
    case kLocalWindow: return LocalAt(thread, below, bytes);
    case kParamWindow: return ParameterAt(thread, below, bytes);
    default: break;
  }
  const Region& constant = thread.block->constant;
  if (IsInside(constant, address - reinterpret_cast<std::uint64_t>(constant.begin), bytes)) {
    return ConstantAt(thread, address, bytes);
  }
  return GlobalAt<Access::kRead>(thread, address, bytes);
}

template <Space space, Access access>
char* ForWrite(Thread& thread, std::uint64_t address, std::size_t bytes, const void* stored) {
  switch (space) {
    case Space::kGlobal: return GlobalAt<access>(thread, address, bytes);
    case Space::kShared: return SharedAt<access>(thread, address, bytes, stored);
    case Space::kLocal: return LocalAt(thread, address, bytes);
    default: break;
  }
  const std::uint64_t below = address & ~kWindowMask;
  switch (address & kWindowMask) {
    case kSharedWindow: return SharedAt<access>(thread, below, bytes, stored);
    case kLocalWindow: return LocalAt(thread, below, bytes);
    default: return GlobalAt<access>(thread, address, bytes);
  }
}

template <Space space, class T, int count>
const Instruction* Load(const Instruction* i, Thread& thread) {
  T values[count];
  std::memcpy(values, ForRead<space>(thread, AddressOf(i, thread), sizeof(values)), sizeof(values));
  Put<T>(thread, i->d, values[0]);
  if constexpr (count > 1) Put<T>(thread, i->a, values[1]);
  if constexpr (count > 2) {
    Put<T>(thread, i->b, values[2]);
    Put<T>(thread, i->c, values[3]);
  }
  return i + 1;
}

template <Space space, class T, int count>
const Instruction* Store(const Instruction* i, Thread& thread) {
  T values[count];
  values[0] = Get<T>(thread, i->d);
  if constexpr (count > 1) values[1] = Get<T>(thread, i->a);
  if constexpr (count > 2) {
    values[2] = Get<T>(thread, i->b);
    values[3] = Get<T>(thread, i->c);
  }
  std::memcpy(ForWrite<space, Access::kWrite>(thread, AddressOf(i, thread), sizeof(values), values),
              values, sizeof(values));
  return i + 1;
}

template <class T>
T Exchange(T, T b) {
  return b;
}
template <class T>
T FloatSum(T a, T b) {
  return a + b;
}
// Wraps to 0 where a has reached b.
template <class T>
T Increment(T a, T b) {
  return a >= b ? 0 : a + 1;
}
template <class T>
T Decrement(T a, T b) {
  return a == 0 || a > b ? b : a - 1;
}

template <class T>
using Bits = BitsOf<T>;

// Blocks run side by side on the host, so the host's memory is updated atomically too.
template <Space space, class T, T (*function)(T, T), bool keeps>
const Instruction* Update(const Instruction* i, Thread& thread) {
  char* const at =
      ForWrite<space, Access::kAtomic>(thread, AddressOf(i, thread), sizeof(T), nullptr);
  auto* const word = reinterpret_cast<Bits<T>*>(at);
  const T operand = Get<T>(thread, i->b);
  Bits<T> old = __atomic_load_n(word, __ATOMIC_RELAXED);
  while (!__atomic_compare_exchange_n(word, &old,
                                      BitsAs<Bits<T>>(function(BitsAs<T>(old), operand)), false,
                                      __ATOMIC_SEQ_CST, __ATOMIC_RELAXED)) {
  }
  if (keeps) Put<T>(thread, i->d, BitsAs<T>(old));
  return i + 1;
}

template <Space space, class T>
const Instruction* CompareAndSwap(const Instruction* i, Thread& thread) {
  char* const at =
      ForWrite<space, Access::kAtomic>(thread, AddressOf(i, thread), sizeof(T), nullptr);
  T old = Get<T>(thread, i->b);
  __atomic_compare_exchange_n(reinterpret_cast<T*>(at), &old, Get<T>(thread, i->c), false,
                              __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);
  Put<T>(thread, i->d, old);
  return i + 1;
}

constexpr std::uint64_t WindowOf(Space space) {
  return space == Space::kShared  ? kSharedWindow
         : space == Space::kLocal ? kLocalWindow
         : space == Space::kParam ? kParamWindow
                                  : 0;
}

// Into a space and out of it alike: an address of another window stays one that is nowhere.
template <Space space>
const Instruction* ConvertAddress(const Instruction* i, Thread& thread) {
  thread.slots[i->d] = thread.slots[i->a] ^ WindowOf(space);
  return i + 1;
}

template <Space space>
const Instruction* IsInSpace(const Instruction* i, Thread& thread) {
  Put<bool>(thread, i->d, (thread.slots[i->a] & kWindowMask) == WindowOf(space));
  return i + 1;
}

using Words = std::vector<std::string>;

Words Split(const std::string& name) {
  Words words;
  std::size_t start = 0;
  while (start < name.size()) {
    const std::size_t end = std::min(name.find('.', start + 1), name.size());
    words.push_back(name.substr(start, end - start));
    start = end;
  }
  return words;
}

bool TakeWord(Words& words, std::size_t& at, std::initializer_list<const char*> known) {
  for (const char* word : known) {
    if (at < words.size() && words[at] == word) {
      ++at;
      return true;
    }
  }
  return false;
}

void TakeOrdering(Words& words, std::size_t& at) {
  TakeWord(words, at, {".weak", ".volatile", ".relaxed", ".acquire", ".release", ".acq_rel"});
  TakeWord(words, at, {".cta", ".gpu", ".sys"});
}

Space TakeSpace(Words& words, std::size_t& at) {
  if (TakeWord(words, at, {".global"})) return Space::kGlobal;
  if (TakeWord(words, at, {".shared", ".shared::cta"})) return Space::kShared;
  if (TakeWord(words, at, {".local"})) return Space::kLocal;
  if (TakeWord(words, at, {".const"})) return Space::kConst;
  if (TakeWord(words, at, {".param"})) return Space::kParam;
  return Space::kGeneric;
}

template <template <Space, class, int> class Maker, Space space, class T>
std::optional<Operation> OfVector(int count, const char* operands) {
  const unsigned granule =
      space == Space::kShared || space == Space::kGeneric ? sizeof(T) * count : 0;
  switch (count) {
    case 1: return Operation{Maker<space, T, 1>::handler, operands, 1, granule};
    case 2: return Operation{Maker<space, T, 2>::handler, operands, 2, granule};
    default: break;
  }
  if constexpr (sizeof(T) <= 4) {
    return Operation{Maker<space, T, 4>::handler, operands, 4, granule};
  }
  return std::nullopt;
}

template <Space space, class T, int count>
struct LoadMaker {
  static constexpr Handler handler = Load<space, T, count>;
};
template <Space space, class T, int count>
struct StoreMaker {
  static constexpr Handler handler = Store<space, T, count>;
};

template <template <Space, class, int> class Maker, Space space>
std::optional<Operation> OfType(const std::string& type, int count, const char* operands) {
  if (type == ".b8" || type == ".u8") return OfVector<Maker, space, std::uint8_t>(count, operands);
  if (type == ".s8") return OfVector<Maker, space, std::int8_t>(count, operands);
  if (type == ".b16" || type == ".u16") {
    return OfVector<Maker, space, std::uint16_t>(count, operands);
  }
  if (type == ".s16") return OfVector<Maker, space, std::int16_t>(count, operands);
  if (type == ".b32" || type == ".u32" || type == ".f32") {
    return OfVector<Maker, space, std::uint32_t>(count, operands);
  }
  if (type == ".s32") return OfVector<Maker, space, std::int32_t>(count, operands);
  if (type == ".b64" || type == ".u64" || type == ".s64" || type == ".f64") {
    return OfVector<Maker, space, std::uint64_t>(count, operands);
  }
  return std::nullopt;
}

std::optional<Operation> FindAccess(Words& words, bool loads) {
  std::size_t at = 1;
  TakeOrdering(words, at);
  const Space space = TakeSpace(words, at);
  if (loads && space == Space::kGlobal) TakeWord(words, at, {".nc"});
  TakeWord(words, at, {".ca", ".cg", ".cs", ".lu", ".cv", ".wb", ".wt"});
  int count = 1;
  if (TakeWord(words, at, {".v2"})) {
    count = 2;
  } else if (TakeWord(words, at, {".v4"})) {
    count = 4;
  }
  if (at + 1 != words.size()) return std::nullopt;
  const std::string& type = words[at];
  if (loads) {
    switch (space) {
      case Space::kGeneric: return OfType<LoadMaker, Space::kGeneric>(type, count, "V@");
      case Space::kGlobal: return OfType<LoadMaker, Space::kGlobal>(type, count, "V@");
      case Space::kShared: return OfType<LoadMaker, Space::kShared>(type, count, "V@");
      case Space::kLocal: return OfType<LoadMaker, Space::kLocal>(type, count, "V@");
      case Space::kConst: return OfType<LoadMaker, Space::kConst>(type, count, "V@");
      case Space::kParam: return OfType<LoadMaker, Space::kParam>(type, count, "V@");
    }
  }
  switch (space) {
    case Space::kGeneric: return OfType<StoreMaker, Space::kGeneric>(type, count, "@v");
    case Space::kGlobal: return OfType<StoreMaker, Space::kGlobal>(type, count, "@v");
    case Space::kShared: return OfType<StoreMaker, Space::kShared>(type, count, "@v");
    case Space::kLocal: return OfType<StoreMaker, Space::kLocal>(type, count, "@v");
    default: return std::nullopt;
  }
}

using Updates = std::map<std::string, Operation>;

template <Space space, class T, T (*function)(T, T)>
void AddUpdate(Updates& updates, const std::string& name) {
  const unsigned granule = space == Space::kGlobal ? 0 : sizeof(T);
  updates["atom" + name] = {Update<space, T, function, true>, "d@b", 1, granule};
  updates["red" + name] = {Update<space, T, function, false>, "@b", 1, granule};
}

template <Space space>
void AddUpdates(Updates& updates, const std::string& where) {
  const auto both = [&](auto zero, const std::string& unsigned_type,
                        const std::string& signed_type, const std::string& bits) {
    using U = decltype(zero);
    using S = std::make_signed_t<U>;
    AddUpdate<space, U, Add<U>>(updates, where + ".add" + unsigned_type);
    AddUpdate<space, U, Add<U>>(updates, where + ".add" + signed_type);
    AddUpdate<space, U, Minimum<U>>(updates, where + ".min" + unsigned_type);
    AddUpdate<space, S, Minimum<S>>(updates, where + ".min" + signed_type);
    AddUpdate<space, U, Maximum<U>>(updates, where + ".max" + unsigned_type);
    AddUpdate<space, S, Maximum<S>>(updates, where + ".max" + signed_type);
    AddUpdate<space, U, And<U>>(updates, where + ".and" + bits);
    AddUpdate<space, U, Or<U>>(updates, where + ".or" + bits);
    AddUpdate<space, U, Xor<U>>(updates, where + ".xor" + bits);
    AddUpdate<space, U, Exchange<U>>(updates, where + ".exch" + bits);
    updates["atom" + where + ".cas" + bits] = {CompareAndSwap<space, U>, "d@bc", 1,
                                               space == Space::kGlobal ? 0 : unsigned{sizeof(U)}};
  };
  both(std::uint32_t{0}, ".u32", ".s32", ".b32");
  both(std::uint64_t{0}, ".u64", ".s64", ".b64");
  AddUpdate<space, std::uint32_t, Increment<std::uint32_t>>(updates, where + ".inc.u32");
  AddUpdate<space, std::uint32_t, Decrement<std::uint32_t>>(updates, where + ".dec.u32");
  AddUpdate<space, float, FloatSum<float>>(updates, where + ".add.f32");
  AddUpdate<space, double, FloatSum<double>>(updates, where + ".add.f64");
}

std::optional<Operation> FindUpdate(Words& words) {
  static const Updates updates = [] {
    Updates all;
    AddUpdates<Space::kGeneric>(all, "");
    AddUpdates<Space::kGlobal>(all, ".global");
    AddUpdates<Space::kShared>(all, ".shared");
    return all;
  }();
  std::size_t at = 1;
  TakeOrdering(words, at);
  std::string name = words[0];
  for (; at < words.size(); ++at) name += words[at];
  const auto found = updates.find(name);
  if (found == updates.end()) return std::nullopt;
  return found->second;
}

std::optional<Operation> FindAddressConversion(Words& words) {
  std::size_t at = 1;
  TakeWord(words, at, {".to"});
  const Space space = TakeSpace(words, at);
  if (at + 1 != words.size() || words[at] != ".u64") return std::nullopt;
  switch (space) {
    case Space::kGlobal: return Operation{ConvertAddress<Space::kGlobal>, "da"};
    case Space::kShared: return Operation{ConvertAddress<Space::kShared>, "da"};
    case Space::kLocal: return Operation{ConvertAddress<Space::kLocal>, "da"};
    case Space::kConst: return Operation{ConvertAddress<Space::kConst>, "da"};
    case Space::kParam: return Operation{ConvertAddress<Space::kParam>, "da"};
    default: return std::nullopt;
  }
}

}  // namespace

std::optional<Operation> FindMemoryOperation(const std::string& name) {
  Words words = Split(name);
  if (words[0] == "ld" || words[0] == "ldu") return FindAccess(words, true);
  if (words[0] == "st") return FindAccess(words, false);
  if (words[0] == "atom" || words[0] == "red") return FindUpdate(words);
  if (words[0] == "cvta") return FindAddressConversion(words);
  if (name == "isspacep.global") return Operation{IsInSpace<Space::kGlobal>, "da"};
  if (name == "isspacep.shared") return Operation{IsInSpace<Space::kShared>, "da"};
  if (name == "isspacep.local") return Operation{IsInSpace<Space::kLocal>, "da"};
  return std::nullopt;
}

}  // namespace ptx
