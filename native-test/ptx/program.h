// The decoded form of a kernel: what threads run.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "ptx.h"

namespace ptx {

enum class Space { kGeneric, kGlobal, kShared, kLocal, kConst, kParam };

struct Instruction;
struct Thread;

// Runs an instruction for a thread. Returns the next one, or null where the thread stops and has
// said why in its state.
using Handler = const Instruction* (*)(const Instruction*, Thread&);

// Operands are slots of a thread's frame: registers, special registers (filled per thread) and
// constants (filled once a launch) alike, so that a handler never asks what an operand is.
struct Instruction {
  Handler handler;
  std::int32_t d;
  std::int32_t a;
  std::int32_t b;
  std::int32_t c;
  std::int32_t e;
  // A sixth slot, the offset of an address, or the distance of a jump.
  std::int32_t extra;
};

enum SpecialSlot : std::int32_t {
  kTidX, kTidY, kTidZ,
  kNtidX, kNtidY, kNtidZ,
  kCtaidX, kCtaidY, kCtaidZ,
  kNctaidX, kNctaidY, kNctaidZ,
  kLaneId, kWarpId, kNwarpId,
  kLanemaskEq, kLanemaskLe, kLanemaskLt, kLanemaskGe, kLanemaskGt,
  kDynamicSharedSize, kTotalSharedSize, kSmId, kNsmId, kGridId,
  // Of add.cc and its like.
  kCarry,
  // Written by who has no use for a result, read by nobody.
  kSink,
  kSpecialSlots,
};

// Constants have the slots −1, −2, …; special registers 0 to kSpecialSlots − 1; then come
// registers, then flags that say which registers have been written, where that is not certain.
struct Program {
  KernelInfo info;
  std::vector<Instruction> code;
  // Of each instruction, its line in the text.
  std::vector<int> lines;
  std::vector<std::uint64_t> constants;
  std::int32_t registers_end = kSpecialSlots;
  std::int32_t slots = kSpecialSlots;
  // Where dynamic shared memory starts.
  std::size_t shared_bytes = 0;
  std::size_t local_bytes = 0;
  std::size_t parameter_bytes = 0;
  // The fewest bytes that an access to shared memory may touch.
  unsigned shared_granule = 4;
};


}  // namespace ptx
