// Runs grids of blocks.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "machine.h"

namespace ptx {

struct GridRun {
  const Program& program;
  const Launch& launch;
  const void* parameters;
  const Memory& memory;
  const Schedule& schedule;
  Region module_global;
  Region module_constant;
  // Of the module's text, for messages.
  const std::vector<std::string>& text;
};

// Returns the number of instructions executed. Throws Error.
std::uint64_t RunGrid(const GridRun& run);

}  // namespace ptx
