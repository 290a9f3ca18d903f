#include "access.h"

#include <algorithm>

#include "text.h"

namespace emulated {

namespace {

// How a block is out of bounds for work of this context; null if it is not.
const char* Objection(const Block& block, const Context& context, bool writes) {
  if (block.kind == MemoryKind::kDevice && block.device != context.device) {
    return "another device's: ";
  }
  if (block.kind != MemoryKind::kRegistered) return nullptr;
  if (block.context != context.handle && (block.flags & kRegisterPortable) == 0) {
    return "registered in another context: ";
  }
  return writes && (block.flags & kRegisterReadOnly) != 0 ? "registered to be read: " : nullptr;
}

}  // namespace

std::string WhyNot(const Memory& memory, const Context& context, std::uint64_t address,
                   std::size_t bytes, bool writes) {
  const Block* block = memory.Find(address, bytes);
  const char* objection = block == nullptr ? "" : Objection(*block, context, writes);
  if (objection == nullptr) return "";
  return std::to_string(bytes) + " bytes at " + Hexadecimal(address) + " are " + objection +
         (block == nullptr ? memory.Describe(address, bytes) : NameOf(*block));
}

KernelMemory::KernelMemory(const emulated::Memory& memory, const Context& context)
    : memory_(memory), context_(context) {
  for (const auto& [address, block] : memory.live()) {
    if (Objection(block, context, false) != nullptr) continue;
    const bool writable = Objection(block, context, true) == nullptr;
    ranges_.push_back({address, address + block.bytes, writable});
  }
}

const KernelMemory::Range* KernelMemory::Find(std::uint64_t address, std::size_t bytes) const {
  const auto after =
      std::upper_bound(ranges_.begin(), ranges_.end(), address,
                       [](std::uint64_t at, const Range& range) { return at < range.begin; });
  if (after == ranges_.begin()) return nullptr;
  const Range& range = *std::prev(after);
  const bool is_inside = address <= range.end && bytes <= range.end - address;
  return is_inside ? &range : nullptr;
}

bool KernelMemory::MayRead(std::uint64_t address, std::size_t bytes) const {
  if (Find(address, bytes) != nullptr) return true;
  Refuse(address, bytes, false);
  return false;
}

bool KernelMemory::MayWrite(std::uint64_t address, std::size_t bytes) const {
  const Range* range = Find(address, bytes);
  if (range != nullptr && range->writable) return true;
  Refuse(address, bytes, true);
  return false;
}

void KernelMemory::Refuse(std::uint64_t address, std::size_t bytes, bool writes) const {
  const std::lock_guard<std::mutex> lock(mutex_);
  why_not_ = WhyNot(memory_, context_, address, bytes, writes);
}

std::string KernelMemory::why_not() const {
  const std::lock_guard<std::mutex> lock(mutex_);
  return why_not_;
}

}  // namespace emulated
