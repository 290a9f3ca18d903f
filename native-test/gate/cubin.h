// Reads kernels out of a cubin: an ELF file whose section .text.NAME holds a kernel's instructions,
// 16 bytes each. The encoding is not documented; what is read here was learnt by comparing code for
// sm_75 to sm_120 with the PTX it comes from.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace gate {

struct Instruction {
  std::uint64_t low;
  std::uint64_t high;

  unsigned opcode() const { return low & 0xFFF; }
  // Without the bits that say where operands come from.
  unsigned base() const { return low & 0x1FF; }
  bool is_global_load() const { return base() == 0x181 && !is_local(); }
  bool is_global_store() const { return base() == 0x186; }
  bool is_local() const { return opcode() == 0x983 || opcode() == 0x387 || opcode() == 0x987; }
  bool is_wide() const { return (high >> 9 & 7) == 6; }
  bool is_exp2() const { return base() == 0x108 && (high >> 10 & 15) == 2; }
  bool is_exit() const { return base() == 0x14D; }
  bool is_branch() const { return base() == 0x147; }
  // Guarded by a predicate that is not always true.
  bool is_conditional() const { return (low >> 12 & 15) != 7; }
};

struct Kernel {
  std::string name;
  std::vector<Instruction> code;
  int architecture;

  // Where the branch at `place` goes.
  long Target(std::size_t place) const;
};

// Throws std::runtime_error where the file is no cubin.
std::vector<Kernel> ReadCubin(const std::string& path, int architecture);

}  // namespace gate
