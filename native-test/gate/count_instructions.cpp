// count-instructions CUBIN ARCHITECTURE ELEMENT_BYTES: what each kernel that ships executes for an
// element, where its rows are aligned: a line for each of its loops with 128-bit accesses, or for
// the whole of a kernel without such a loop.
//
//   KERNEL PART instructions elements instructions/element exp2/element loads stores local
//
// With 0 for ELEMENT_BYTES, of kernels that take a row at a time: the length of the longest loop, which
// is what a row costs at most, but for functions that it calls.
//
// Of a loop's ways the one with the most 128-bit accesses is counted, and of those the shortest:
// the others serve rows that are not aligned, and what is rare.
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <stdexcept>

#include "cubin.h"

namespace gate {
namespace {

struct Way {
  bool exists = false;
  int wide_loads = 0;
  int wide_stores = 0;
  int instructions = 0;
  int exp2s = 0;
  // Ways through a whole kernel may leave its rows unread: those with exponentials do not.
  bool is_loop = true;

  bool IsBetterThan(const Way& other) const {
    int wide = wide_loads + wide_stores;
    int other_wide = other.wide_loads + other.wide_stores;
    if (!exists || !other.exists || wide != other_wide) {
      return exists && (!other.exists || wide > other_wide);
    }
    return exp2s != other.exp2s && !is_loop ? exp2s > other.exp2s
                                            : instructions < other.instructions;
  }
};

Way Through(const Instruction& instruction, const Way& rest) {
  Way way = rest;
  way.wide_loads += instruction.is_global_load() && instruction.is_wide();
  way.wide_stores += instruction.is_global_store() && instruction.is_wide();
  way.exp2s += instruction.is_exp2();
  way.instructions++;
  return way;
}

// The best way from `from` to `to`, forward only.
Way BestWay(const Kernel& kernel, long from, long to, bool is_loop) {
  std::vector<Way> best(to - from + 1);
  Way nothing;
  nothing.exists = true;
  nothing.is_loop = is_loop;
  best[to - from] = Through(kernel.code[to], nothing);
  for (long place = to - 1; place >= from; place--) {
    const Instruction& instruction = kernel.code[place];
    Way rest;
    bool falls_through = !(instruction.is_branch() || instruction.is_exit()) ||
                         instruction.is_conditional();
    if (falls_through) {
      rest = best[place + 1 - from];
    }
    if (instruction.is_exit() && nothing.IsBetterThan(rest)) {
      rest = nothing;
    }
    if (instruction.is_branch()) {
      long target = kernel.Target(place);
      if (target > place && target <= to && best[target - from].IsBetterThan(rest)) {
        rest = best[target - from];
      }
    }
    if (rest.exists) {
      best[place - from] = Through(instruction, rest);
    }
  }
  return best[0];
}

void Print(const Kernel& kernel, const std::string& part, const Way& way, int element_bytes) {
  int local = 0;
  for (const Instruction& instruction : kernel.code) {
    local += instruction.is_local();
  }
  double elements = way.wide_loads * 16.0 / element_bytes;
  std::printf("%s %s %d %.0f %.1f %.2f %d %d %d\n", kernel.name.c_str(), part.c_str(),
              way.instructions, elements, elements > 0 ? way.instructions / elements : 0,
              elements > 0 ? way.exp2s / elements : 0, way.wide_loads, way.wide_stores, local);
}

void Count(const Kernel& kernel, int element_bytes) {
  int loops = 0;
  long last = static_cast<long>(kernel.code.size()) - 1;
  long inner_end = -1;
  for (long place = 0; place <= last; place++) {
    if (!kernel.code[place].is_branch()) {
      continue;
    }
    long target = kernel.Target(place);
    if (target < 0 || target > last) {
      throw std::runtime_error(kernel.name + ": a branch leads out of the kernel");
    }
    // A loop around one that has been counted is left out.
    if (target > place || target <= inner_end) {
      continue;
    }
    Way way = BestWay(kernel, target, place, true);
    if (way.wide_loads > 0) {
      Print(kernel, way.wide_stores > 0 ? "write-loop" : "read-loop", way, element_bytes);
      loops++;
      inner_end = place;
    }
  }
  if (loops == 0) {
    Print(kernel, "whole", BestWay(kernel, 0, last, false), element_bytes);
  }
}

void CountRows(const Kernel& kernel) {
  long longest = 0;
  for (long place = 0; place < static_cast<long>(kernel.code.size()); place++) {
    if (kernel.code[place].is_branch() && kernel.Target(place) < place) {
      longest = std::max(longest, place - kernel.Target(place) + 1);
    }
  }
  std::printf("%s row-loop %ld 1 %ld 0 0 0 0\n", kernel.name.c_str(), longest, longest);
}

}  // namespace
}  // namespace gate

int main(int count, char** arguments) {
  if (count != 4) {
    std::fprintf(stderr, "usage: count-instructions CUBIN ARCHITECTURE ELEMENT_BYTES\n");
    return 2;
  }
  try {
    for (const gate::Kernel& kernel : gate::ReadCubin(arguments[1], std::atoi(arguments[2]))) {
      int element_bytes = std::atoi(arguments[3]);
      if (element_bytes == 0) {
        gate::CountRows(kernel);
      } else {
        gate::Count(kernel, element_bytes);
      }
    }
  } catch (const std::exception& e) {
    std::fprintf(stderr, "count-instructions: %s\n", e.what());
    return 1;
  }
  return 0;
}
