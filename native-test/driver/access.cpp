#include "access.h"

#include "text.h"

namespace emulated {

std::string WhyNot(const Memory& memory, const Context& context, std::uint64_t address,
                   std::size_t bytes, bool writes) {
  const Block* block = memory.Find(address, bytes);
  const std::string where =
      std::to_string(bytes) + " bytes at " + Hexadecimal(address) + " are ";
  if (block == nullptr) return where + memory.Describe(address, bytes);
  switch (block->kind) {
    case MemoryKind::kDevice:
      if (block->device != context.device) return where + "another device's: " + NameOf(*block);
      return "";
    case MemoryKind::kPinned:
      return "";
    case MemoryKind::kRegistered:
      if (block->context != context.handle && (block->flags & kRegisterPortable) == 0) {
        return where + "registered in another context: " + NameOf(*block);
      }
      if (writes && (block->flags & kRegisterReadOnly) != 0) {
        return where + "registered to be read: " + NameOf(*block);
      }
      return "";
  }
  return "";
}

bool KernelMemory::May(std::uint64_t address, std::size_t bytes, bool writes) const {
  if (address >= begin_ && address + bytes <= end_ && (writable_ || !writes)) return true;
  why_not_ = WhyNot(memory_, context_, address, bytes, writes);
  if (!why_not_.empty()) return false;
  const Block& block = *memory_.Find(address, bytes);
  begin_ = block.address;
  end_ = block.address + block.bytes;
  writable_ = writes;
  return true;
}

bool KernelMemory::MayRead(std::uint64_t address, std::size_t bytes) const {
  return May(address, bytes, false);
}

bool KernelMemory::MayWrite(std::uint64_t address, std::size_t bytes) const {
  return May(address, bytes, true);
}

}  // namespace emulated
