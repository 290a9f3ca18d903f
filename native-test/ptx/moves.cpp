#include "integer_arithmetic.h"
#include "operations.h"

namespace ptx {
namespace {

template <class T>
const Instruction* Move(const Instruction* i, Thread& thread) {
  Put<T>(thread, i->d, Get<T>(thread, i->a));
  return i + 1;
}

// An immediate predicate may be −1, which is no bool.
template <>
const Instruction* Move<bool>(const Instruction* i, Thread& thread) {
  Put<bool>(thread, i->d, Get<std::uint8_t>(thread, i->a) != 0);
  return i + 1;
}

template <class Part>
const Instruction* Pack2(const Instruction* i, Thread& thread) {
  const Part parts[] = {Get<Part>(thread, i->a), Get<Part>(thread, i->b)};
  thread.slots[i->d] = 0;
  std::memcpy(thread.slots + i->d, parts, sizeof(parts));
  return i + 1;
}

template <class Part>
const Instruction* Pack4(const Instruction* i, Thread& thread) {
  const Part parts[] = {Get<Part>(thread, i->a), Get<Part>(thread, i->b), Get<Part>(thread, i->c),
                        Get<Part>(thread, i->e)};
  thread.slots[i->d] = 0;
  std::memcpy(thread.slots + i->d, parts, sizeof(parts));
  return i + 1;
}

// The vector is in d, a, b, c; what is taken apart is in e.
template <class Part, int count>
const Instruction* Unpack(const Instruction* i, Thread& thread) {
  Part parts[count];
  std::memcpy(parts, thread.slots + i->e, sizeof(parts));
  Put<Part>(thread, i->d, parts[0]);
  Put<Part>(thread, i->a, parts[1]);
  if constexpr (count == 4) {
    Put<Part>(thread, i->b, parts[2]);
    Put<Part>(thread, i->c, parts[3]);
  }
  return i + 1;
}

template <class T>
void AddWidth(Operations& to, const std::string& type) {
  to.Add("mov" + type, {Move<T>, "da", 1, 0, true});
  if constexpr (!std::is_same_v<T, bool>) {
    to.AddFunction<Select<T>>("selp" + type);
    to.AddFunction<SelectBySign<T>>("slct" + type + ".s32");
  }
}

}  // namespace

void AddMoves(Operations& to) {
  AddWidth<bool>(to, ".pred");
  for (const char* type : {".b16", ".u16", ".s16", ".f16"}) AddWidth<std::uint16_t>(to, type);
  for (const char* type : {".b32", ".u32", ".s32", ".f32"}) AddWidth<std::uint32_t>(to, type);
  for (const char* type : {".b64", ".u64", ".s64", ".f64"}) AddWidth<std::uint64_t>(to, type);
  to.Add("mov.b32 pack 2", {Pack2<std::uint16_t>, "dw", 2});
  to.Add("mov.b64 pack 2", {Pack2<std::uint32_t>, "dw", 2});
  to.Add("mov.b64 pack 4", {Pack4<std::uint16_t>, "dw", 4});
  to.Add("mov.b32 unpack 2", {Unpack<std::uint16_t, 2>, "Ve", 2});
  to.Add("mov.b64 unpack 2", {Unpack<std::uint32_t, 2>, "Ve", 2});
  to.Add("mov.b64 unpack 4", {Unpack<std::uint16_t, 4>, "Ve", 4});
}

}  // namespace ptx
