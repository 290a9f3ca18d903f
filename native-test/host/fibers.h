// Runs the threads of a block as fibers, one after the other: each until it waits for others.
#pragma once

#include <cstddef>
#include <functional>

namespace fibers {

enum class Order { kForward, kBackward, kShuffled };

struct Grid {
  int x;
  int y;
  int threads;
  std::size_t dynamic_shared_bytes;
};

// Runs every block of a grid. Throws std::runtime_error where threads wait for each other in vain:
// for a barrier that some do not reach, or for a warp's thread that has ended.
void Launch(const Grid& grid, Order order, const std::function<void()>& kernel);

int thread();
int block_x();
int block_y();
int grid_x();
char* launch_memory();

void WaitForBlock();

// What the thread of the warp gave whose place differs in the bits of `distance`.
unsigned long long ExchangeInWarp(unsigned long long bits, int distance);

}  // namespace fibers
