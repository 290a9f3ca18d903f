// Where things are: special registers in a frame, variables in shared memory.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "program.h"
#include "syntax.h"

namespace ptx {

inline std::size_t AlignUp(std::size_t value, std::size_t alignment) {
  return (value + alignment - 1) / alignment * alignment;
}

std::optional<std::int32_t> FindSpecial(const std::string& name);

// The shared memory of a kernel's blocks: its own variables and those of functions, then the
// module's that are used; behind them what the launch adds.
class SharedLayout {
 public:
  SharedLayout(const Syntax& syntax, const Function& kernel);

  std::size_t static_bytes() const { return static_bytes_; }
  std::size_t dynamic_start() const { return AlignUp(static_bytes_, dynamic_alignment_); }
  std::uint64_t AddressOf(const Variable& variable) const;

 private:
  void Place(const Variable& variable);

  std::map<const Variable*, std::uint64_t> addresses_;
  std::size_t static_bytes_ = 0;
  std::size_t dynamic_alignment_ = 16;
};

}  // namespace ptx
