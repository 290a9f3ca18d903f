// Memory of devices and pinned memory of the host. Device memory is the host's, between red zones;
// an address is never given out twice, so that a use after free is known for what it is.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "cuda.h"
#include "report.h"

namespace emulated {

enum class MemoryKind { kDevice, kPinned, kRegistered };

struct Block {
  std::uint64_t address;
  std::size_t bytes;
  MemoryKind kind;
  int device;
  Handle context;
  // The how manieth block of the process this is.
  std::uint64_t ordinal;
  // Flags of cuMemHostAlloc and cuMemHostRegister.
  unsigned flags;
};

class Memory {
 public:
  explicit Memory(Report& report) : report_(report) {}

  // Fresh memory of device or pinned kind, filled with what is a NaN in every floating type and a
  // bad class as an integer; blocks above 64 MiB stay sparse, and zero.
  const Block& Allocate(MemoryKind kind, std::size_t bytes, int device, Handle context,
                        unsigned flags);
  // Makes memory of the host pinned.
  const Block& Register(std::uint64_t address, std::size_t bytes, int device, Handle context,
                        unsigned flags);
  // Ends what begins at `address` and is of this kind, and looks at its red zones.
  void Free(MemoryKind kind, std::uint64_t address);

  // The live block that holds the whole range; null if there is none.
  const Block* Find(std::uint64_t address, std::size_t bytes) const;
  // Whether a live block holds some of the range, or it lies where device memory is.
  bool Touches(std::uint64_t address, std::size_t bytes) const;
  // Where a range lies, for messages.
  std::string Describe(std::uint64_t address, std::size_t bytes) const;

  std::vector<Block> BlocksOf(Handle context) const;
  // By address.
  const std::map<std::uint64_t, Block>& live() const { return live_; }
  // Of a device, rounded as the driver rounds.
  std::size_t Used(int device) const;
  // Reports each damaged byte's block, of one context.
  void CheckRedZones(Handle context) const;
  // Ends all blocks of a context without a look at them.
  void Forget(Handle context);

 private:
  struct Arena {
    std::uint64_t begin;
    std::uint64_t end;
  };

  std::uint64_t Reserve(std::size_t bytes);
  void CheckRedZones(const Block& block) const;
  void End(std::map<std::uint64_t, Block>::iterator block);
  bool InArena(std::uint64_t address) const;

  Report& report_;
  std::vector<Arena> arenas_;
  std::uint64_t next_ = 0;
  std::uint64_t ordinal_ = 0;
  std::map<std::uint64_t, Block> live_;
  std::map<std::uint64_t, Block> ended_;
};

// "4096 bytes of device memory at 0x7f…, block 3".
std::string NameOf(const Block& block);

}  // namespace emulated
