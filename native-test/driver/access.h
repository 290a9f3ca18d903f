// Which memory work on a device may touch: looked at when work is issued, and again when it runs.
#pragma once

#include <cstddef>
#include <cstdint>
#include <mutex>
#include <string>
#include <vector>

#include "../ptx/ptx.h"
#include "driver.h"

namespace emulated {

// Why work of this context may not read, or write, the range; empty if it may.
std::string WhyNot(const Memory& memory, const Context& context, std::uint64_t address,
                   std::size_t bytes, bool writes);

// The same for a kernel, for as long as it runs: blocks neither come nor go meanwhile. Its host
// threads ask side by side.
class KernelMemory : public ptx::Memory {
 public:
  KernelMemory(const emulated::Memory& memory, const Context& context);

  bool MayRead(std::uint64_t address, std::size_t bytes) const override;
  bool MayWrite(std::uint64_t address, std::size_t bytes) const override;
  // Why the last access that was refused was.
  std::string why_not() const;

 private:
  struct Range {
    std::uint64_t begin;
    std::uint64_t end;
    bool writable;
  };

  const Range* Find(std::uint64_t address, std::size_t bytes) const;
  void Refuse(std::uint64_t address, std::size_t bytes, bool writes) const;

  const emulated::Memory& memory_;
  const Context& context_;
  std::vector<Range> ranges_;
  mutable std::mutex mutex_;
  mutable std::string why_not_;
};

}  // namespace emulated
