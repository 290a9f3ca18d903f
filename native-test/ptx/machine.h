// What instructions act upon: threads of a block, its memory, and the checks of each access.
#pragma once

#include <cstdint>
#include <cstring>
#include <string>
#include <type_traits>

#include "program.h"
#include "race_check.h"

namespace ptx {

// Thrown by a handler; who runs the thread adds where it happened.
struct Trap {
  Fault fault;
  std::string what;
};

// Generic addresses of shared, local and parameter memory stand in windows that no host address is
// in; what is below them is an address in the space.
constexpr std::uint64_t kWindowMask = std::uint64_t{0xff} << 56;
constexpr std::uint64_t kSharedWindow = std::uint64_t{1} << 56;
constexpr std::uint64_t kLocalWindow = std::uint64_t{2} << 56;
constexpr std::uint64_t kParamWindow = std::uint64_t{3} << 56;

enum class State : std::uint8_t { kReady, kAtWarp, kAtBarrier, kExited };

enum class WarpOperation : std::uint8_t {
  kShuffleUp, kShuffleDown, kShuffleXor, kShuffleIndex,
  kVoteAll, kVoteAny, kVoteUniform, kBallot,
  kMatchAny32, kMatchAny64, kMatchAll32, kMatchAll64,
  kSynchronize,
};

enum class BarrierOperation : std::uint8_t { kWait, kArrive, kCount, kAnd, kOr };

struct Block;

struct Thread {
  std::uint64_t* slots;
  char* local;
  Block* block;
  // Of a thread that is not ready, the instruction it waits at.
  const Instruction* pc;
  std::uint32_t index;
  std::uint32_t lane;
  std::uint32_t warp;
  State state;
  WarpOperation operation;
  BarrierOperation barrier_operation;
  // Whether all of a warp must be at the same barrier instruction.
  bool is_aligned;
  // The mask of the warp operation, or the barrier's number.
  std::uint32_t waits_for;
};

struct Region {
  char* begin;
  std::size_t size;
};

struct Block {
  const Program* program;
  const Memory* memory;
  Region shared;
  Region constant;
  Region module_global;
  const char* parameters;
  Schedule::Rounding rounding;
  RaceCheck races;
};

template <class T>
T Get(const Thread& thread, std::int32_t slot) {
  T value;
  std::memcpy(&value, thread.slots + slot, sizeof(T));
  return value;
}

// Fills the whole slot: what is narrower is extended by its sign or with zeros.
template <class T>
void Put(Thread& thread, std::int32_t slot, T value) {
  if constexpr (std::is_same_v<T, bool>) {
    thread.slots[slot] = value;
  } else if constexpr (std::is_integral_v<T> && std::is_signed_v<T>) {
    thread.slots[slot] = static_cast<std::uint64_t>(static_cast<std::int64_t>(value));
  } else if constexpr (sizeof(T) == 8) {
    std::memcpy(thread.slots + slot, &value, 8);
  } else {
    std::uint64_t bits = 0;
    std::memcpy(&bits, &value, sizeof(T));
    thread.slots[slot] = bits;
  }
}

[[noreturn]] void TrapMisaligned(const char* space, std::uint64_t address, std::size_t bytes);
[[noreturn]] void TrapOutOfBounds(const char* what, std::uint64_t address, std::size_t bytes,
                                  std::size_t size);
[[noreturn]] void TrapIllegalGlobal(const char* what, std::uint64_t address, std::size_t bytes);
[[noreturn]] void TrapRace(const Thread& thread, std::uint64_t address,
                           const RaceCheck::Race& race);

enum class Access { kRead, kWrite, kAtomic };

inline bool IsInside(const Region& region, std::uint64_t offset, std::size_t bytes) {
  return offset <= region.size && bytes <= region.size - offset;
}

template <Access access>
char* GlobalAt(Thread& thread, std::uint64_t address, std::size_t bytes) {
  if (address & (bytes - 1)) TrapMisaligned("global", address, bytes);
  const Block& block = *thread.block;
  const Region& own = block.module_global;
  if (!IsInside(own, address - reinterpret_cast<std::uint64_t>(own.begin), bytes)) {
    if (access != Access::kWrite && !block.memory->MayRead(address, bytes)) {
      TrapIllegalGlobal("read", address, bytes);
    }
    if (access != Access::kRead && !block.memory->MayWrite(address, bytes)) {
      TrapIllegalGlobal("write", address, bytes);
    }
  }
  return reinterpret_cast<char*>(address);
}

template <Access access>
char* SharedAt(Thread& thread, std::uint64_t address, std::size_t bytes, const void* stored) {
  Block& block = *thread.block;
  if (address & (bytes - 1)) TrapMisaligned("shared", address, bytes);
  if (!IsInside(block.shared, address, bytes)) {
    TrapOutOfBounds("shared memory", address, bytes, block.shared.size);
  }
  char* at = block.shared.begin + address;
  RaceCheck::Race race;
  if constexpr (access == Access::kRead) {
    if (!block.races.Read(address, bytes, thread.index, race)) TrapRace(thread, address, race);
  } else if constexpr (access == Access::kAtomic) {
    if (!block.races.Update(address, bytes, thread.index, race)) TrapRace(thread, address, race);
  } else {
    if (!block.races.Write(address, bytes, thread.index, at, stored, race)) {
      TrapRace(thread, address, race);
    }
  }
  return at;
}

inline char* LocalAt(Thread& thread, std::uint64_t address, std::size_t bytes) {
  if (address & (bytes - 1)) TrapMisaligned("local", address, bytes);
  const std::size_t size = thread.block->program->local_bytes;
  if (address > size || bytes > size - address) {
    TrapOutOfBounds("local memory", address, bytes, size);
  }
  return thread.local + address;
}

inline const char* ParameterAt(Thread& thread, std::uint64_t address, std::size_t bytes) {
  if (address & (bytes - 1)) TrapMisaligned("param", address, bytes);
  const std::size_t size = thread.block->program->parameter_bytes;
  if (address > size || bytes > size - address) {
    TrapOutOfBounds("the parameters", address, bytes, size);
  }
  return thread.block->parameters + address;
}

inline const char* ConstantAt(Thread& thread, std::uint64_t address, std::size_t bytes) {
  if (address & (bytes - 1)) TrapMisaligned("const", address, bytes);
  const Region& region = thread.block->constant;
  if (!IsInside(region, address - reinterpret_cast<std::uint64_t>(region.begin), bytes)) {
    TrapOutOfBounds("the constants", address, bytes, region.size);
  }
  return reinterpret_cast<const char*>(address);
}

}  // namespace ptx
