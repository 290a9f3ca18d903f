#include "flow.h"

#include <set>

#include "operations.h"

namespace ptx {
namespace {

bool IsTable(const Decoded& decoded) {
  return decoded.instruction.handler == control::JumpTable;
}

}  // namespace

std::vector<BasicBlock> CutBlocks(const DecodedKernel& kernel) {
  const std::size_t size = kernel.code.size();
  std::set<std::size_t> starts = {0};
  for (const std::size_t label : kernel.labels) starts.insert(label);
  for (std::size_t k = 0; k < size; ++k) {
    const Decoded& decoded = kernel.code[k];
    if (decoded.label >= 0 || decoded.ends || IsTable(decoded)) starts.insert(k + 1);
  }
  starts.erase(size);
  std::vector<BasicBlock> blocks;
  std::vector<std::size_t> block_of(size);
  for (auto start = starts.begin(); start != starts.end(); ++start) {
    const auto after = std::next(start);
    const std::size_t end = after == starts.end() ? size : *after;
    for (std::size_t k = *start; k < end; ++k) block_of[k] = blocks.size();
    blocks.push_back({*start, end, {}});
  }
  for (BasicBlock& block : blocks) {
    const Decoded& last = kernel.code[block.end - 1];
    if (last.label >= 0) block.next.push_back(block_of[kernel.labels[last.label]]);
    if (!last.ends && block.end < size) block.next.push_back(block_of[block.end]);
    if (!IsTable(last)) continue;
    for (std::int32_t k = 1; k < last.instruction.extra; ++k) {
      block.next.push_back(block_of[block.end + k]);
    }
  }
  return blocks;
}

}  // namespace ptx
