// What threads of a warp, and of a block, do together once all of them have arrived.
#pragma once

#include <cstdint>
#include <vector>

#include "machine.h"

namespace ptx {

// `warp` points to the thread of lane 0; every lane in `mask` waits at the same operation. Their
// results are written; their states are left as they are.
void CompleteWarpOperation(Thread* warp, WarpOperation operation, std::uint32_t mask);

// Writes what bar.red gives to the threads that wait at it.
void CompleteBarrier(const std::vector<Thread*>& waiting);

// How many threads a barrier waits for; 0 for all of the block.
std::uint32_t ThreadsOfBarrier(const Thread& thread);

}  // namespace ptx
