#include "fibers.h"

#include <ucontext.h>

#include <algorithm>
#include <memory>
#include <numeric>
#include <random>
#include <stdexcept>
#include <string>
#include <vector>

namespace fibers {
namespace {

constexpr std::size_t kStackBytes = 256 << 10;
constexpr int kWarp = 32;

enum class State { kReady, kAtBarrier, kInWarp, kDone };

struct Fiber {
  ucontext_t context;
  std::unique_ptr<char[]> stack;
  State state;
  unsigned long long given;
  unsigned long long taken;
  int distance;
};

struct Block {
  ucontext_t scheduler;
  std::vector<Fiber> fibers;
  const std::function<void()>* kernel;
  std::unique_ptr<char[]> shared;
  int running;
  int x;
  int y;
  int grid_x;
};

Block block;

void Enter() {
  (*block.kernel)();
  block.fibers[block.running].state = State::kDone;
}

void Wait(State state) {
  Fiber& fiber = block.fibers[block.running];
  fiber.state = state;
  swapcontext(&fiber.context, &block.scheduler);
}

void Start(Fiber& fiber) {
  if (!fiber.stack) {
    fiber.stack = std::make_unique<char[]>(kStackBytes);
  }
  getcontext(&fiber.context);
  fiber.context.uc_stack.ss_sp = fiber.stack.get();
  fiber.context.uc_stack.ss_size = kStackBytes;
  fiber.context.uc_link = &block.scheduler;
  fiber.state = State::kReady;
  makecontext(&fiber.context, Enter, 0);
}

bool All(std::size_t from, std::size_t end, State state) {
  return std::all_of(block.fibers.begin() + from, block.fibers.begin() + end,
                     [state](const Fiber& fiber) { return fiber.state == state; });
}

bool ReleaseWarps() {
  bool any = false;
  for (std::size_t warp = 0; warp < block.fibers.size(); warp += kWarp) {
    std::size_t end = std::min(warp + kWarp, block.fibers.size());
    if (!All(warp, end, State::kInWarp)) {
      continue;
    }
    for (std::size_t i = warp; i < end; i++) {
      Fiber& fiber = block.fibers[i];
      fiber.taken = block.fibers[warp + ((i - warp) ^ fiber.distance)].given;
      fiber.state = State::kReady;
    }
    any = true;
  }
  return any;
}

bool ReleaseBarrier() {
  bool any = false;
  for (const Fiber& fiber : block.fibers) {
    if (fiber.state != State::kAtBarrier && fiber.state != State::kDone) {
      return false;
    }
  }
  for (Fiber& fiber : block.fibers) {
    if (fiber.state == State::kAtBarrier) {
      fiber.state = State::kReady;
      any = true;
    }
  }
  return any;
}

void RunBlock(const std::vector<int>& turns) {
  for (Fiber& fiber : block.fibers) {
    Start(fiber);
  }
  do {
    for (int turn : turns) {
      if (block.fibers[turn].state == State::kReady) {
        block.running = turn;
        swapcontext(&block.scheduler, &block.fibers[turn].context);
      }
    }
  } while (ReleaseWarps() || ReleaseBarrier());
  if (!All(0, block.fibers.size(), State::kDone)) {
    throw std::runtime_error("threads wait for each other in block " + std::to_string(block.x));
  }
}

}  // namespace

void Launch(const Grid& grid, Order order, const std::function<void()>& kernel) {
  std::vector<int> turns(grid.threads);
  std::iota(turns.begin(), turns.end(), 0);
  if (order == Order::kBackward) {
    std::reverse(turns.begin(), turns.end());
  } else if (order == Order::kShuffled) {
    std::shuffle(turns.begin(), turns.end(), std::mt19937(1));
  }
  block.fibers.resize(grid.threads);
  block.kernel = &kernel;
  block.grid_x = grid.x;
  for (block.y = 0; block.y < grid.y; block.y++) {
    for (block.x = 0; block.x < grid.x; block.x++) {
      // Of exactly this size, so that an address sanitizer sees what goes beyond.
      block.shared = std::make_unique<char[]>(grid.dynamic_shared_bytes);
      std::fill_n(block.shared.get(), grid.dynamic_shared_bytes, static_cast<char>(0xCD));
      RunBlock(turns);
    }
  }
}

int thread() { return block.running; }

int block_x() { return block.x; }

int block_y() { return block.y; }

int grid_x() { return block.grid_x; }

char* launch_memory() { return block.shared.get(); }

void WaitForBlock() { Wait(State::kAtBarrier); }

unsigned long long ExchangeInWarp(unsigned long long bits, int distance) {
  Fiber& fiber = block.fibers[block.running];
  fiber.given = bits;
  fiber.distance = distance;
  Wait(State::kInWarp);
  return fiber.taken;
}

}  // namespace fibers
