// Runs the blocks of a grid one after the other, on one host thread.
#pragma once

#include <memory>
#include <random>

#include "grid.h"

namespace ptx {

class BlockRun {
 public:
  explicit BlockRun(const GridRun& run);
  // Runs a whole block, numbered with x fastest. Throws Error.
  void Run(std::uint64_t block);
  std::uint64_t instructions() const { return instructions_; }

 private:
  void StartBlock(std::uint64_t block);
  // Runs what can run in a warp until all of it waits or has ended.
  void RunWarp(std::uint32_t warp);
  void RunThread(Thread& thread);
  // Where everyone that the thread's warp operation names waits at the same, lets them go on.
  bool ReleaseWarp(Thread& thread);
  bool ReleaseBarriers();
  bool ReleaseBarrier(std::uint32_t number);
  [[noreturn]] void Fail(const Thread& thread, const Instruction* at, Fault fault,
                         const std::string& what) const;
  [[noreturn]] void FailDeadlocked() const;
  std::string PlaceOf(const Instruction* at) const;
  std::string NameOf(const Thread& thread) const;

  const GridRun& run_;
  const Program& program_;
  std::uint32_t threads_count_;
  std::uint32_t warps_count_;
  std::unique_ptr<std::uint64_t[]> slots_;
  std::vector<char> local_;
  std::vector<char> shared_;
  std::vector<char> parameters_;
  std::vector<Thread> threads_;
  // Of each warp, the lanes that wait at a warp operation.
  std::vector<std::uint32_t> arrived_;
  // Of each barrier, who has arrived without waiting.
  std::uint32_t announced_[16] = {};
  std::vector<std::uint32_t> warp_order_;
  std::vector<std::uint32_t> lane_order_;
  std::mt19937_64 random_;
  Block block_;
  std::uint32_t ctaid_[3] = {};
  std::uint64_t instructions_ = 0;
};

}  // namespace ptx
