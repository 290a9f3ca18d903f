// Which registers are certainly written at each instruction, by the flow of data over basic blocks.
// A compiler may move a register that was never written (a value that does not matter): a move
// hands on whether there was a value, any other read of it is what the kernel must not do.
#include <set>

#include "flow.h"
#include "operations.h"

namespace ptx {
namespace {

class WriteChecker {
 public:
  WriteChecker(DecodedKernel kernel, Program& program)
      : kernel_(std::move(kernel)), program_(program), blocks_(CutBlocks(kernel_)) {}

  DecodedKernel Check() {
    Flow();
    FindTracked();
    return Rewrite();
  }

 private:
  static std::int32_t MoveSource(const Decoded& decoded) { return decoded.instruction.a; }

  static bool IsRegisterMove(const Decoded& decoded) {
    return decoded.moves && !decoded.reads.empty() && !decoded.writes.empty();
  }

  static void Apply(const Decoded& decoded, Slots& written) {
    if (IsRegisterMove(decoded)) {
      written.Set(decoded.instruction.d, written.Has(MoveSource(decoded)));
      return;
    }
    for (const Decoded::Field field : decoded.writes) written.Set(decoded.instruction.*field, true);
  }

  void Flow() {
    Slots all(program_.slots);
    all.SetAll();
    written_.assign(blocks_.size(), all);
    is_reached_.assign(blocks_.size(), false);
    written_[0] = Slots(program_.slots);
    is_reached_[0] = true;
    // The first of the text first: most of what comes before a block stands before it.
    std::set<std::size_t> changed = {0};
    while (!changed.empty()) {
      const std::size_t at = *changed.begin();
      changed.erase(changed.begin());
      const BasicBlock& block = blocks_[at];
      Slots written = written_[at];
      for (std::size_t k = block.begin; k < block.end; ++k) Apply(kernel_.code[k], written);
      for (const std::size_t next : block.next) {
        const bool differs = written_[next].Intersect(written);
        if (differs || !is_reached_[next]) changed.insert(next);
        is_reached_[next] = true;
      }
    }
  }

  // Calls `visit` with each instruction that can be reached and what is written before it.
  template <class Function>
  void Walk(Function visit) const {
    for (std::size_t at = 0; at < blocks_.size(); ++at) {
      if (!is_reached_[at]) continue;
      Slots written = written_[at];
      for (std::size_t k = blocks_[at].begin; k < blocks_[at].end; ++k) {
        visit(k, written);
        Apply(kernel_.code[k], written);
      }
    }
  }

  void FindTracked() {
    const auto track = [&](std::int32_t slot) {
      return flags_.emplace(slot, program_.slots + static_cast<std::int32_t>(flags_.size())).second;
    };
    Walk([&](std::size_t k, const Slots& written) {
      const Decoded& decoded = kernel_.code[k];
      if (IsRegisterMove(decoded)) return;
      for (const Decoded::Field field : decoded.reads) {
        const std::int32_t slot = decoded.instruction.*field;
        if (!written.Has(slot)) track(slot);
      }
    });
    for (bool grows = !flags_.empty(); grows;) {
      grows = false;
      Walk([&](std::size_t k, const Slots& written) {
        const Decoded& decoded = kernel_.code[k];
        if (!IsRegisterMove(decoded) || written.Has(MoveSource(decoded))) return;
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
    Walk([&](std::size_t k, const Slots& written) {
      const Decoded& decoded = kernel_.code[k];
      const bool moves = IsRegisterMove(decoded);
      for (const Decoded::Field field : decoded.reads) {
        const std::int32_t slot = decoded.instruction.*field;
        if (moves || written.Has(slot)) continue;
        before[k].push_back(Make(control::CheckWritten, flags_.at(slot), 0, decoded.line));
      }
      for (const Decoded::Field field : decoded.writes) {
        const auto flag = flags_.find(decoded.instruction.*field);
        if (flag == flags_.end()) continue;
        if (moves && !written.Has(MoveSource(decoded))) {
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
  const std::vector<BasicBlock> blocks_;
  // Of each block, what is certainly written before it, and whether it can be reached.
  std::vector<Slots> written_;
  std::vector<bool> is_reached_;
  // Of each register that is tracked, its flag.
  std::map<std::int32_t, std::int32_t> flags_;
};

}  // namespace

DecodedKernel CheckWrites(DecodedKernel kernel, Program& program) {
  return WriteChecker(std::move(kernel), program).Check();
}

}  // namespace ptx
