#include <algorithm>
#include <functional>
#include <queue>
#include <set>

#include "flow.h"
#include "operations.h"

namespace ptx {
namespace {

// The instructions from the first to the last at which a register is in use, those between included
// whether it is or not.
struct Interval {
  std::int32_t slot;
  std::size_t first = SIZE_MAX;
  std::size_t last = 0;

  void Extend(std::size_t at) {
    first = std::min(first, at);
    last = std::max(last, at);
  }
};

class SlotSharer {
 public:
  SlotSharer(DecodedKernel& kernel, Program& program)
      : kernel_(kernel), program_(program), blocks_(CutBlocks(kernel)) {}

  void Share() {
    FindLive();
    FindIntervals();
    Assign();
    Rewrite();
  }

 private:
  // What is in use at the start of each block.
  void FindLive() {
    live_.assign(blocks_.size(), Slots(program_.registers_end));
    std::vector<std::vector<std::size_t>> before(blocks_.size());
    std::set<std::size_t> changed;
    for (std::size_t k = 0; k < blocks_.size(); ++k) {
      for (const std::size_t next : blocks_[k].next) before[next].push_back(k);
      changed.insert(k);
    }
    while (!changed.empty()) {
      const std::size_t at = *changed.rbegin();
      changed.erase(at);
      const BasicBlock& block = blocks_[at];
      Slots live = LiveAtEnd(block);
      for (std::size_t k = block.end; k-- > block.begin;) {
        const Decoded& decoded = kernel_.code[k];
        for (const Decoded::Field field : decoded.writes) {
          live.Set(decoded.instruction.*field, false);
        }
        for (const Decoded::Field field : decoded.reads) {
          live.Set(decoded.instruction.*field, true);
        }
      }
      if (live_[at].Unite(live)) changed.insert(before[at].begin(), before[at].end());
    }
  }

  Slots LiveAtEnd(const BasicBlock& block) const {
    Slots live(program_.registers_end);
    for (const std::size_t next : block.next) live.Unite(live_[next]);
    return live;
  }

  void FindIntervals() {
    intervals_.resize(program_.registers_end);
    for (std::int32_t slot = 0; slot < program_.registers_end; ++slot) intervals_[slot].slot = slot;
    for (std::size_t at = 0; at < blocks_.size(); ++at) {
      const BasicBlock& block = blocks_[at];
      live_[at].ForEach([&](std::int32_t slot) { intervals_[slot].Extend(block.begin); });
      LiveAtEnd(block).ForEach([&](std::int32_t slot) { intervals_[slot].Extend(block.end); });
      for (std::size_t k = block.begin; k < block.end; ++k) {
        const Decoded& decoded = kernel_.code[k];
        for (const Decoded::Field field : decoded.writes) {
          intervals_[decoded.instruction.*field].Extend(k);
        }
        for (const Decoded::Field field : decoded.reads) {
          intervals_[decoded.instruction.*field].Extend(k);
        }
      }
    }
  }

  // An instruction's results never take the slots of its operands: no handler needs to care in
  // which order it reads and writes.
  void Assign() {
    new_slots_.assign(program_.registers_end, kSpecialSlots);
    std::vector<Interval> used;
    for (const Interval& interval : intervals_) {
      if (interval.slot >= kSpecialSlots && interval.first != SIZE_MAX) used.push_back(interval);
    }
    std::sort(used.begin(), used.end(),
              [](const Interval& a, const Interval& b) { return a.first < b.first; });
    using End = std::pair<std::size_t, std::int32_t>;
    std::priority_queue<End, std::vector<End>, std::greater<End>> ends;
    std::priority_queue<std::int32_t, std::vector<std::int32_t>, std::greater<std::int32_t>> free;
    for (const Interval& interval : used) {
      for (; !ends.empty() && ends.top().first < interval.first; ends.pop()) {
        free.push(ends.top().second);
      }
      std::int32_t slot = end_;
      if (free.empty()) {
        ++end_;
      } else {
        slot = free.top();
        free.pop();
      }
      new_slots_[interval.slot] = slot;
      ends.push({interval.last, slot});
    }
  }

  void Rewrite() {
    const std::int32_t shift = program_.registers_end - end_;
    for (Decoded& decoded : kernel_.code) {
      Instruction& instruction = decoded.instruction;
      const Handler handler = instruction.handler;
      if (handler == control::MarkWritten || handler == control::CheckWritten ||
          handler == control::CopyMark) {
        instruction.d -= shift;
        instruction.a -= shift;
      }
      for (const Decoded::Field field : decoded.writes) {
        instruction.*field = new_slots_[instruction.*field];
      }
      for (const Decoded::Field field : decoded.reads) {
        instruction.*field = new_slots_[instruction.*field];
      }
    }
    program_.registers_end -= shift;
    program_.slots -= shift;
  }

  DecodedKernel& kernel_;
  Program& program_;
  std::vector<BasicBlock> blocks_;
  std::vector<Slots> live_;
  std::vector<Interval> intervals_;
  std::vector<std::int32_t> new_slots_;
  std::int32_t end_ = kSpecialSlots;
};

}  // namespace

void ShareSlots(DecodedKernel& kernel, Program& program) { SlotSharer(kernel, program).Share(); }

}  // namespace ptx
