// Makes a Program of a kernel: registers become slots, names addresses, labels jumps; calls are
// replaced by what they call.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "program.h"
#include "syntax.h"

namespace ptx {

// An instruction before jumps are resolved and checks put in.
struct Decoded {
  using Field = std::int32_t Instruction::*;

  Instruction instruction{};
  int line = 0;
  std::vector<Field> reads;
  std::vector<Field> writes;
  // Of a jump, its label's number; −1 where it is none.
  int label = -1;
  // Whether nothing goes on behind it.
  bool ends = false;
  // Whether it writes what it reads and nothing else, written before or not.
  bool moves = false;
};

struct DecodedKernel {
  std::vector<Decoded> code;
  // Of each label, the instruction behind it.
  std::vector<std::size_t> labels;
};

// Addresses of the module's variables in the .global and .const spaces.
using Addresses = std::map<std::string, std::uint64_t>;

// Throws Error (kInvalidPtx) that names the line.
Program DecodeKernel(const Syntax& syntax, const Function& kernel, const Addresses& addresses);

}  // namespace ptx
