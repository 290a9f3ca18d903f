#include "grid.h"

#include <algorithm>
#include <atomic>
#include <exception>
#include <mutex>
#include <thread>

#include "block_run.h"

namespace ptx {
namespace {

// Starting host threads costs more than a few blocks.
constexpr std::uint64_t kFewestBlocksOfAHostThread = 4;

std::uint64_t RunSideBySide(const GridRun& run, std::uint64_t blocks, unsigned host_threads) {
  std::atomic<std::uint64_t> next{0};
  std::atomic<std::uint64_t> instructions{0};
  std::mutex failing;
  std::exception_ptr failure;
  const auto work = [&] {
    try {
      BlockRun block_run(run);
      for (std::uint64_t block = next++; block < blocks; block = next++) block_run.Run(block);
      instructions += block_run.instructions();
    } catch (...) {
      next = blocks;
      const std::lock_guard<std::mutex> lock(failing);
      if (!failure) failure = std::current_exception();
    }
  };
  std::vector<std::thread> threads;
  for (unsigned k = 1; k < host_threads; ++k) threads.emplace_back(work);
  work();
  for (std::thread& thread : threads) thread.join();
  if (failure) std::rethrow_exception(failure);
  return instructions;
}

// The k-th of n in an order that is spread by a seed, without a list of all: a step that shares no
// factor with n visits each once.
std::uint64_t Shuffled(std::uint64_t k, std::uint64_t n, std::uint64_t seed) {
  std::uint64_t step = (seed * 2654435761u + 0x9e3779b9u) % n | 1;
  const auto divisor = [](std::uint64_t a, std::uint64_t b) {
    while (b != 0) std::swap(a %= b, b);
    return a;
  };
  while (divisor(n, step) != 1) step += 2;
  return static_cast<std::uint64_t>(
      (static_cast<unsigned __int128>(k) * step + seed) % n);
}

}  // namespace

std::uint64_t RunGrid(const GridRun& run) {
  const unsigned* const grid = run.launch.grid;
  const unsigned* const block = run.launch.block;
  const std::uint64_t blocks = std::uint64_t{grid[0]} * grid[1] * grid[2];
  const std::uint64_t threads = std::uint64_t{block[0]} * block[1] * block[2];
  if (blocks == 0 || threads == 0 || threads > 1024) {
    throw Error(Fault::kLaunchFailed, "kernel " + run.program.info.name + ": a launch of " +
                                          std::to_string(blocks) + " blocks of " +
                                          std::to_string(threads) + " threads");
  }
  const std::uint64_t host_threads =
      std::min<std::uint64_t>(std::max(1u, std::thread::hardware_concurrency()),
                              blocks / kFewestBlocksOfAHostThread);
  if (run.schedule.order == Schedule::Order::kForward && host_threads > 1) {
    return RunSideBySide(run, blocks, static_cast<unsigned>(host_threads));
  }
  BlockRun block_run(run);
  for (std::uint64_t k = 0; k < blocks; ++k) {
    switch (run.schedule.order) {
      case Schedule::Order::kForward: block_run.Run(k); break;
      case Schedule::Order::kBackward: block_run.Run(blocks - 1 - k); break;
      case Schedule::Order::kShuffled:
        block_run.Run(Shuffled(k, blocks, run.schedule.seed));
        break;
    }
  }
  return block_run.instructions();
}

}  // namespace ptx
