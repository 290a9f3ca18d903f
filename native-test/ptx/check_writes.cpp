// Which registers are certainly written at each instruction, by the flow of data over basic blocks.
// A compiler may move a register that was never written (a value that does not matter): a move
// hands on whether there was a value, any other read of it is what the kernel must not do.
#include <algorithm>
#include <set>

#include "decoder.h"
#include "operations.h"

namespace ptx {
namespace {

using Bits = std::vector<bool>;

struct BasicBlock {
  std::size_t begin;
  std::size_t end;
  std::vector<std::size_t> next;
  Bits written;
  bool is_reached = false;
};

class WriteChecker {
 public:
  WriteChecker(DecodedKernel kernel, Program& program)
      : kernel_(std::move(kernel)), program_(program) {}

  DecodedKernel Check() {
    CutBlocks();
    Flow();
    FindTracked();
    return Rewrite();
  }

 private:
  static bool IsRegister(std::int32_t slot) { return slot >= kSpecialSlots; }

  std::int32_t MoveSource(const Decoded& decoded) const { return decoded.instruction.a; }

  bool IsRegisterMove(const Decoded& decoded) const {
    return decoded.moves && !decoded.reads.empty() && !decoded.writes.empty();
  }

  void CutBlocks() {
    const std::size_t size = kernel_.code.size();
    std::set<std::size_t> starts = {0};
    for (const std::size_t label : kernel_.labels) starts.insert(label);
    for (std::size_t k = 0; k < size; ++k) {
      const Decoded& decoded = kernel_.code[k];
      if (decoded.label >= 0 || decoded.ends || IsTable(decoded)) starts.insert(k + 1);
    }
    starts.erase(size);
    std::vector<std::size_t> block_of(size);
    for (auto start = starts.begin(); start != starts.end(); ++start) {
      const auto after = std::next(start);
      const std::size_t end = after == starts.end() ? size : *after;
      for (std::size_t k = *start; k < end; ++k) block_of[k] = blocks_.size();
      blocks_.push_back({*start, end, {}, Bits(program_.slots, true)});
    }
    for (BasicBlock& block : blocks_) {
      const Decoded& last = kernel_.code[block.end - 1];
      if (last.label >= 0) block.next.push_back(block_of[kernel_.labels[last.label]]);
      if (!last.ends && block.end < size) block.next.push_back(block_of[block.end]);
      if (IsTable(last)) {
        for (std::int32_t k = 1; k < last.instruction.extra; ++k) {
          block.next.push_back(block_of[block.end + k]);
        }
      }
    }
  }

  static bool IsTable(const Decoded& decoded) {
    return decoded.instruction.handler == control::JumpTable;
  }

  void Apply(const Decoded& decoded, Bits& written) const {
    if (IsRegisterMove(decoded)) {
      written[decoded.instruction.d] = written[MoveSource(decoded)];
      return;
    }
    for (const Decoded::Field field : decoded.writes) written[decoded.instruction.*field] = true;
  }

  void Flow() {
    std::fill(blocks_[0].written.begin() + kSpecialSlots, blocks_[0].written.end(), false);
    blocks_[0].is_reached = true;
    std::vector<std::size_t> changed = {0};
    while (!changed.empty()) {
      const BasicBlock& block = blocks_[changed.back()];
      changed.pop_back();
      Bits written = block.written;
      for (std::size_t k = block.begin; k < block.end; ++k) Apply(kernel_.code[k], written);
      for (const std::size_t next : block.next) {
        BasicBlock& successor = blocks_[next];
        bool differs = !successor.is_reached;
        successor.is_reached = true;
        for (std::size_t slot = 0; slot < written.size(); ++slot) {
          if (successor.written[slot] && !written[slot]) {
            successor.written[slot] = false;
            differs = true;
          }
        }
        if (differs) changed.push_back(next);
      }
    }
  }

  // Calls `visit` with each instruction that can be reached and what is written before it.
  template <class Function>
  void Walk(Function visit) const {
    for (const BasicBlock& block : blocks_) {
      if (!block.is_reached) continue;
      Bits written = block.written;
      for (std::size_t k = block.begin; k < block.end; ++k) {
        visit(k, written);
        Apply(kernel_.code[k], written);
      }
    }
  }

  void FindTracked() {
    const auto track = [&](std::int32_t slot) {
      return flags_.emplace(slot, program_.slots + static_cast<std::int32_t>(flags_.size())).second;
    };
    Walk([&](std::size_t k, const Bits& written) {
      const Decoded& decoded = kernel_.code[k];
      if (IsRegisterMove(decoded)) return;
      for (const Decoded::Field field : decoded.reads) {
        const std::int32_t slot = decoded.instruction.*field;
        if (!written[slot]) track(slot);
      }
    });
    for (bool grows = !flags_.empty(); grows;) {
      grows = false;
      Walk([&](std::size_t k, const Bits& written) {
        const Decoded& decoded = kernel_.code[k];
        if (!IsRegisterMove(decoded) || written[MoveSource(decoded)]) return;
        if (flags_.count(decoded.instruction.d) > 0) grows |= track(MoveSource(decoded));
      });
    }
  }

  static Decoded Make(Handler handler, std::int32_t d, std::int32_t a, int line) {
    Decoded decoded;
    decoded.instruction.handler = handler;
    decoded.instruction.d = d;
    decoded.instruction.a = a;
    decoded.line = line;
    return decoded;
  }

  DecodedKernel Rewrite() {
    if (flags_.empty()) return std::move(kernel_);
    std::vector<std::vector<Decoded>> before(kernel_.code.size());
    std::vector<std::vector<Decoded>> after(kernel_.code.size());
    Walk([&](std::size_t k, const Bits& written) {
      const Decoded& decoded = kernel_.code[k];
      const bool moves = IsRegisterMove(decoded);
      for (const Decoded::Field field : decoded.reads) {
        const std::int32_t slot = decoded.instruction.*field;
        if (moves || written[slot]) continue;
        before[k].push_back(Make(control::CheckWritten, flags_.at(slot), 0, decoded.line));
      }
      for (const Decoded::Field field : decoded.writes) {
        const auto flag = flags_.find(decoded.instruction.*field);
        if (flag == flags_.end()) continue;
        if (moves && !written[MoveSource(decoded)]) {
          after[k].push_back(Make(control::CopyMark, flag->second,
                                  flags_.at(MoveSource(decoded)), decoded.line));
        } else {
          after[k].push_back(Make(control::MarkWritten, flag->second, 0, decoded.line));
        }
      }
    });
    program_.slots += static_cast<std::int32_t>(flags_.size());
    DecodedKernel result;
    std::vector<std::size_t> moved(kernel_.code.size() + 1);
    for (std::size_t k = 0; k < kernel_.code.size(); ++k) {
      moved[k] = result.code.size();
      for (Decoded& decoded : before[k]) result.code.push_back(std::move(decoded));
      result.code.push_back(std::move(kernel_.code[k]));
      for (Decoded& decoded : after[k]) result.code.push_back(std::move(decoded));
    }
    moved.back() = result.code.size();
    for (const std::size_t label : kernel_.labels) result.labels.push_back(moved[label]);
    return result;
  }

  DecodedKernel kernel_;
  Program& program_;
  std::vector<BasicBlock> blocks_;
  // Of each register that is tracked, its flag.
  std::map<std::int32_t, std::int32_t> flags_;
};

}  // namespace

DecodedKernel CheckWrites(DecodedKernel kernel, Program& program) {
  return WriteChecker(std::move(kernel), program).Check();
}

}  // namespace ptx
