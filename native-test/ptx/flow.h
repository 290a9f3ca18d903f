// The flow of a program: what analyses of a decoded kernel share.
#pragma once

#include <cstdint>
#include <vector>

#include "decoder.h"

namespace ptx {

// A set of slots.
class Slots {
 public:
  explicit Slots(std::int32_t size) : words_((static_cast<std::size_t>(size) + 63) / 64) {}

  void SetAll() { words_.assign(words_.size(), ~std::uint64_t{0}); }

  bool Has(std::int32_t slot) const { return words_[slot / 64] >> (slot % 64) & 1; }

  void Set(std::int32_t slot, bool has) {
    const std::uint64_t bit = std::uint64_t{1} << (slot % 64);
    if (has) {
      words_[slot / 64] |= bit;
    } else {
      words_[slot / 64] &= ~bit;
    }
  }

  // Return whether this changes it.
  bool Intersect(const Slots& other) {
    std::uint64_t lost = 0;
    for (std::size_t k = 0; k < words_.size(); ++k) {
      lost |= words_[k] & ~other.words_[k];
      words_[k] &= other.words_[k];
    }
    return lost != 0;
  }
  bool Unite(const Slots& other) {
    std::uint64_t won = 0;
    for (std::size_t k = 0; k < words_.size(); ++k) {
      won |= other.words_[k] & ~words_[k];
      words_[k] |= other.words_[k];
    }
    return won != 0;
  }

  template <class Function>
  void ForEach(Function visit) const {
    for (std::size_t k = 0; k < words_.size(); ++k) {
      for (std::uint64_t rest = words_[k]; rest != 0; rest &= rest - 1) {
        visit(static_cast<std::int32_t>(64 * k) + __builtin_ctzll(rest));
      }
    }
  }

 private:
  std::vector<std::uint64_t> words_;
};

struct BasicBlock {
  std::size_t begin;
  std::size_t end;
  std::vector<std::size_t> next;
};

std::vector<BasicBlock> CutBlocks(const DecodedKernel& kernel);

// Puts in what finds reads of registers that were never written, where the flow of the program
// alone cannot exclude them; takes slots for the flags it needs.
DecodedKernel CheckWrites(DecodedKernel kernel, Program& program);

// Lets registers that are never in use at once share a slot: frames of threads that take turns
// stay in the caches.
void ShareSlots(DecodedKernel& kernel, Program& program);

}  // namespace ptx
