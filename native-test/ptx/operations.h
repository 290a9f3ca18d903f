// Which handler runs which instruction: the whole name, modifiers and types included, is looked up,
// so a modifier that is not known makes an instruction that is not known.
#pragma once

#include <optional>
#include <string>
#include <unordered_map>

#include "machine.h"

namespace ptx {

// What becomes of the operands, in their order:
//   d            a register that is written
//   p            the same, or a pair d|extra of them
//   a b c e      a value, into the slot of that name
//   B            a value that may be left out
//   V            a register or a vector of them that is written: into d, a, b, c
//   v            a value or a vector of them: into d, a, b, c
//   w            a vector of values: into a, b, c, e
//   @            an address: its base into e, its offset into extra
struct Operation {
  Handler handler;
  const char* operands;
  // Of V, v and w.
  int vector = 1;
  // Bytes touched in shared or generic memory, 0 if none.
  unsigned granule = 0;
  // Whether a value is only moved, written or not.
  bool moves = false;
};

class Operations {
 public:
  static const Operations& All();
  // Null where there is none of this name.
  const Operation* Find(const std::string& name) const;

  void Add(const std::string& name, const Operation& operation) { table_[name] = operation; }

  // Adds a function of the values of its operands.
  template <auto function>
  void AddFunction(const std::string& name);

 private:
  std::unordered_map<std::string, Operation> table_;
};

void AddIntegerOperations(Operations& operations);
void AddFloatOperations(Operations& operations);
void AddApproximations(Operations& operations);
void AddConversions(Operations& operations);
void AddComparisons(Operations& operations);
void AddMoves(Operations& operations);
void AddWarpOperations(Operations& operations);

// Loads, stores, atomic operations and conversions of addresses; nothing where `name` is none.
std::optional<Operation> FindMemoryOperation(const std::string& name);

// What the decoder itself puts in.
namespace control {
// Jumps go `extra` instructions on.
const Instruction* Jump(const Instruction* i, Thread& thread);
const Instruction* JumpIfTrue(const Instruction* i, Thread& thread);
const Instruction* JumpIfFalse(const Instruction* i, Thread& thread);
// Goes on at the a-th of the `extra` instructions that follow.
const Instruction* JumpTable(const Instruction* i, Thread& thread);
const Instruction* Exit(const Instruction* i, Thread& thread);
const Instruction* TrapHere(const Instruction* i, Thread& thread);
const Instruction* Nothing(const Instruction* i, Thread& thread);
// d = whether a is zero.
const Instruction* NotPredicate(const Instruction* i, Thread& thread);
// The flag d says whether a register has been written.
const Instruction* MarkWritten(const Instruction* i, Thread& thread);
const Instruction* CheckWritten(const Instruction* i, Thread& thread);
// The flag d becomes the flag a.
const Instruction* CopyMark(const Instruction* i, Thread& thread);
}  // namespace control

template <auto function>
struct Compute;

template <class R, class A, R (*function)(A)>
struct Compute<function> {
  static constexpr const char* kOperands = "da";
  static const Instruction* Run(const Instruction* i, Thread& thread) {
    Put<R>(thread, i->d, function(Get<A>(thread, i->a)));
    return i + 1;
  }
};

template <class R, class A, class B, R (*function)(A, B)>
struct Compute<function> {
  static constexpr const char* kOperands = "dab";
  static const Instruction* Run(const Instruction* i, Thread& thread) {
    Put<R>(thread, i->d, function(Get<A>(thread, i->a), Get<B>(thread, i->b)));
    return i + 1;
  }
};

template <class R, class A, class B, class C, R (*function)(A, B, C)>
struct Compute<function> {
  static constexpr const char* kOperands = "dabc";
  static const Instruction* Run(const Instruction* i, Thread& thread) {
    Put<R>(thread, i->d,
           function(Get<A>(thread, i->a), Get<B>(thread, i->b), Get<C>(thread, i->c)));
    return i + 1;
  }
};

template <class R, class A, class B, class C, class E, R (*function)(A, B, C, E)>
struct Compute<function> {
  static constexpr const char* kOperands = "dabce";
  static const Instruction* Run(const Instruction* i, Thread& thread) {
    Put<R>(thread, i->d, function(Get<A>(thread, i->a), Get<B>(thread, i->b),
                                  Get<C>(thread, i->c), Get<E>(thread, i->e)));
    return i + 1;
  }
};

template <auto function>
void Operations::AddFunction(const std::string& name) {
  Add(name, {Compute<function>::Run, Compute<function>::kOperands});
}

// The name of a type as PTX writes it.
template <class T>
constexpr const char* kTypeName = "";
template <>
inline constexpr const char* kTypeName<std::uint8_t> = ".u8";
template <>
inline constexpr const char* kTypeName<std::int8_t> = ".s8";
template <>
inline constexpr const char* kTypeName<std::uint16_t> = ".u16";
template <>
inline constexpr const char* kTypeName<std::int16_t> = ".s16";
template <>
inline constexpr const char* kTypeName<std::uint32_t> = ".u32";
template <>
inline constexpr const char* kTypeName<std::int32_t> = ".s32";
template <>
inline constexpr const char* kTypeName<std::uint64_t> = ".u64";
template <>
inline constexpr const char* kTypeName<std::int64_t> = ".s64";
template <>
inline constexpr const char* kTypeName<float> = ".f32";
template <>
inline constexpr const char* kTypeName<double> = ".f64";

}  // namespace ptx
