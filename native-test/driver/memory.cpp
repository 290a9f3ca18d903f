#include "memory.h"

#include <sys/mman.h>

#include <algorithm>
#include <cstring>

#include "text.h"

namespace emulated {
namespace {

constexpr std::size_t kPage = 4096;
constexpr std::size_t kRedZone = 4096;
constexpr unsigned char kRedByte = 0xA5;
// Device memory starts at an odd multiple of this, the least that the driver promises.
constexpr std::size_t kAlignment = 256;
constexpr std::size_t kGranule = 512;
constexpr std::size_t kSparseAbove = std::size_t{64} << 20;
constexpr std::size_t kArena = std::size_t{8} << 40;
constexpr std::size_t kLeastArena = std::size_t{64} << 30;
constexpr std::uint16_t kFresh = 0x7FFD;

std::size_t Up(std::size_t bytes, std::size_t to) { return (bytes + to - 1) / to * to; }

std::size_t Lead(MemoryKind kind) {
  return kind == MemoryKind::kDevice ? kRedZone + kAlignment : kRedZone;
}

std::uint64_t RegionOf(const Block& block) { return block.address - Lead(block.kind); }

std::size_t RegionBytes(MemoryKind kind, std::size_t bytes) {
  return Up(Lead(kind) + bytes + kRedZone, kPage);
}

unsigned char* At(std::uint64_t address) { return reinterpret_cast<unsigned char*>(address); }

bool Overlap(std::uint64_t a, std::size_t a_bytes, std::uint64_t b, std::size_t b_bytes) {
  return a < b + b_bytes && b < a + a_bytes;
}

}  // namespace

std::string NameOf(const Block& block) {
  const char* kind = block.kind == MemoryKind::kDevice   ? "device memory"
                     : block.kind == MemoryKind::kPinned ? "pinned host memory"
                                                         : "registered host memory";
  return std::to_string(block.bytes) + " bytes of " + kind + " at " + Hexadecimal(block.address) +
         ", device " + std::to_string(block.device) + ", block " + std::to_string(block.ordinal);
}

std::uint64_t Memory::Reserve(std::size_t bytes) {
  if (arenas_.empty() || arenas_.back().end - next_ < bytes) {
    void* begin = MAP_FAILED;
    std::size_t size = kArena;
    for (; begin == MAP_FAILED && size >= std::max(kLeastArena, bytes); size /= 2) {
      begin = mmap(nullptr, size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
      if (begin != MAP_FAILED) break;
    }
    if (begin == MAP_FAILED) throw Failure{CUDA_ERROR_OUT_OF_MEMORY, "no address space is left"};
    next_ = reinterpret_cast<std::uint64_t>(begin);
    arenas_.push_back({next_, next_ + size});
  }
  const std::uint64_t region = next_;
  if (mprotect(At(region), bytes, PROT_READ | PROT_WRITE) != 0) {
    throw Failure{CUDA_ERROR_OUT_OF_MEMORY, "the host has no memory for this"};
  }
  next_ += bytes;
  return region;
}

const Block& Memory::Allocate(MemoryKind kind, std::size_t bytes, int device, Handle context,
                              unsigned flags) {
  const std::size_t region_bytes = RegionBytes(kind, bytes);
  const std::uint64_t region = Reserve(region_bytes);
  const std::uint64_t address = region + Lead(kind);
  std::memset(At(region), kRedByte, Lead(kind));
  const std::uint64_t end = address + bytes;
  std::memset(At(end), kRedByte, region + region_bytes - end);
  if (bytes <= kSparseAbove) {
    for (std::size_t i = 0; i + 2 <= bytes; i += 2) std::memcpy(At(address + i), &kFresh, 2);
    if (bytes % 2 != 0) *At(end - 1) = kFresh >> 8;
  }
  return live_[address] = {address, bytes, kind, device, context, ++ordinal_, flags};
}

const Block& Memory::Register(std::uint64_t address, std::size_t bytes, int device, Handle context,
                              unsigned flags) {
  for (const auto& [at, block] : live_) {
    if (Overlap(at, block.bytes, address, bytes)) {
      throw Misuse{CUDA_ERROR_HOST_MEMORY_ALREADY_REGISTERED,
                   Hexadecimal(address) + " is " + Describe(address, bytes)};
    }
  }
  return live_[address] = {address, bytes, MemoryKind::kRegistered, device, context, ++ordinal_,
                           flags};
}

void Memory::Free(MemoryKind kind, std::uint64_t address) {
  const auto found = live_.find(address);
  if (found == live_.end() || found->second.kind != kind) {
    const CUresult code = kind == MemoryKind::kRegistered ? CUDA_ERROR_HOST_MEMORY_NOT_REGISTERED
                                                          : CUDA_ERROR_INVALID_VALUE;
    throw Misuse{code, Hexadecimal(address) + " is " + Describe(address, 1)};
  }
  CheckRedZones(found->second);
  End(found);
}

void Memory::End(std::map<std::uint64_t, Block>::iterator found) {
  const Block block = found->second;
  if (block.kind != MemoryKind::kRegistered) {
    mmap(At(RegionOf(block)), RegionBytes(block.kind, block.bytes), PROT_NONE,
         MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED, -1, 0);
  }
  ended_[block.address] = block;
  live_.erase(found);
}

const Block* Memory::Find(std::uint64_t address, std::size_t bytes) const {
  auto after = live_.upper_bound(address);
  if (after == live_.begin()) return nullptr;
  const Block& block = std::prev(after)->second;
  const std::uint64_t offset = address - block.address;
  return offset <= block.bytes && bytes <= block.bytes - offset ? &block : nullptr;
}

bool Memory::InArena(std::uint64_t address) const {
  return std::any_of(arenas_.begin(), arenas_.end(), [&](const Arena& arena) {
    return address >= arena.begin && address < arena.end;
  });
}

bool Memory::Touches(std::uint64_t address, std::size_t bytes) const {
  if (InArena(address) || InArena(address + bytes - 1)) return true;
  auto after = live_.upper_bound(address);
  if (after != live_.end() && after->first - address < bytes) return true;
  if (after == live_.begin()) return false;
  const Block& block = std::prev(after)->second;
  return address - block.address < block.bytes;
}

std::string Memory::Describe(std::uint64_t address, std::size_t bytes) const {
  auto live = live_.upper_bound(address);
  if (live != live_.begin()) {
    const Block& block = std::prev(live)->second;
    const std::uint64_t offset = address - block.address;
    if (offset < block.bytes + kRedZone) {
      const std::uint64_t end = offset + bytes;
      return "byte " + std::to_string(offset) + " of " + NameOf(block) +
             (end > block.bytes ? ", " + std::to_string(end - block.bytes) + " bytes past its end"
                                : "");
    }
  }
  if (live != live_.end() && live->first - address <= kRedZone) {
    return std::to_string(live->first - address) + " bytes before " + NameOf(live->second);
  }
  auto ended = ended_.upper_bound(address);
  if (ended != ended_.begin()) {
    const Block& block = std::prev(ended)->second;
    if (address - block.address < std::max<std::size_t>(block.bytes, 1)) {
      return "byte " + std::to_string(address - block.address) + " of what was freed before: " +
             NameOf(block);
    }
  }
  return "no memory of the driver's";
}

std::vector<Block> Memory::BlocksOf(Handle context) const {
  std::vector<Block> blocks;
  for (const auto& [address, block] : live_) {
    if (block.context == context) blocks.push_back(block);
  }
  std::sort(blocks.begin(), blocks.end(),
            [](const Block& a, const Block& b) { return a.ordinal < b.ordinal; });
  return blocks;
}

std::size_t Memory::Used(int device) const {
  std::size_t used = 0;
  for (const auto& [address, block] : live_) {
    if (block.kind == MemoryKind::kDevice && block.device == device) {
      used += Up(block.bytes, kGranule);
    }
  }
  return used;
}

void Memory::CheckRedZones(const Block& block) const {
  if (block.kind == MemoryKind::kRegistered) return;
  const auto damaged = [](unsigned char byte) { return byte != kRedByte; };
  const unsigned char* begin = At(block.address);
  const unsigned char* end = begin + block.bytes;
  const unsigned char* region_end = At(RegionOf(block)) + RegionBytes(block.kind, block.bytes);
  const unsigned char* before = std::find_if(At(RegionOf(block)), At(block.address), damaged);
  if (before != begin) {
    report_.Say("red zone", "written " + std::to_string(begin - before) + " bytes before " +
                                NameOf(block));
  }
  const unsigned char* after = std::find_if(end, region_end, damaged);
  if (after != region_end) {
    report_.Say("red zone", "written " + std::to_string(after - end) + " bytes past the end of " +
                                NameOf(block));
  }
}

void Memory::CheckRedZones(Handle context) const {
  for (const Block& block : BlocksOf(context)) CheckRedZones(block);
}

void Memory::Forget(Handle context) {
  for (const Block& block : BlocksOf(context)) End(live_.find(block.address));
}

}  // namespace emulated
