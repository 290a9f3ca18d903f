// Faults planted by their place: the n-th call of a function fails with a code.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "cuda.h"

namespace emulated {

struct Fault {
  std::string function;
  std::uint64_t first;
  // Whether later calls fail too.
  bool goes_on;
  CUresult code;
  // Whether the context is lost with it.
  bool sticky;
};

class Faults {
 public:
  // "cuMemAlloc_v2:3=2,cuLaunchKernel:2+=700sticky": calls are counted from 1, from now on; a plus
  // stands for every later call too. Throws std::invalid_argument.
  void Plant(const std::string& description);
  // Counts a call.
  std::optional<Fault> At(const std::string& function);

 private:
  std::vector<Fault> faults_;
  std::map<std::string, std::uint64_t> calls_;
};

}  // namespace emulated
