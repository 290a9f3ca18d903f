// Which memory work on a device may touch: looked at when work is issued, and again when it runs.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "../ptx/ptx.h"
#include "driver.h"

namespace emulated {

// Why work of this context may not read, or write, the range; empty if it may.
std::string WhyNot(const Memory& memory, const Context& context, std::uint64_t address,
                   std::size_t bytes, bool writes);

// The same for a kernel, which remembers its last reason.
class KernelMemory : public ptx::Memory {
 public:
  KernelMemory(const emulated::Memory& memory, const Context& context)
      : memory_(memory), context_(context) {}

  bool MayRead(std::uint64_t address, std::size_t bytes) const override;
  bool MayWrite(std::uint64_t address, std::size_t bytes) const override;
  const std::string& why_not() const { return why_not_; }

 private:
  bool May(std::uint64_t address, std::size_t bytes, bool writes) const;

  const emulated::Memory& memory_;
  const Context& context_;
  mutable std::string why_not_;
  // The range of the last access allowed, and of what kind: most accesses lie close together.
  mutable std::uint64_t begin_ = 0;
  mutable std::uint64_t end_ = 0;
  mutable bool writable_ = false;
};

}  // namespace emulated
