#include "block_run.h"

#include <algorithm>
#include <numeric>

#include "warp_operations.h"

namespace ptx {
namespace {

constexpr int kPoison = 0xcd;

// A thread that executes as many instructions without waiting or ending waits for what never comes.
constexpr std::uint64_t kForever = std::uint64_t{1} << 32;

// What an H100 may have; others differ, and a kernel must not care.
constexpr std::uint32_t kMultiprocessors = 132;

void Order(std::vector<std::uint32_t>& order, Schedule::Order how, std::mt19937_64& random) {
  std::iota(order.begin(), order.end(), 0);
  if (how == Schedule::Order::kBackward) std::reverse(order.begin(), order.end());
  if (how == Schedule::Order::kShuffled) std::shuffle(order.begin(), order.end(), random);
}

void FillConstants(const GridRun& run, Thread& thread) {
  std::uint64_t* const slots = thread.slots;
  const std::vector<std::uint64_t>& constants = run.program.constants;
  for (std::size_t k = 0; k < constants.size(); ++k) {
    slots[-1 - static_cast<std::ptrdiff_t>(k)] = constants[k];
  }
  const unsigned* const block = run.launch.block;
  slots[kTidX] = thread.index % block[0];
  slots[kTidY] = thread.index / block[0] % block[1];
  slots[kTidZ] = thread.index / block[0] / block[1];
  for (int k = 0; k < 3; ++k) {
    slots[kNtidX + k] = block[k];
    slots[kNctaidX + k] = run.launch.grid[k];
  }
  slots[kLaneId] = thread.lane;
  slots[kWarpId] = thread.warp;
  slots[kNwarpId] = (block[0] * block[1] * block[2] + 31) / 32;
  const std::uint32_t bit = 1u << thread.lane;
  slots[kLanemaskEq] = bit;
  slots[kLanemaskLt] = bit - 1;
  slots[kLanemaskLe] = bit | (bit - 1);
  slots[kLanemaskGe] = static_cast<std::uint32_t>(~(bit - 1));
  slots[kLanemaskGt] = static_cast<std::uint32_t>(~(bit | (bit - 1)));
  slots[kDynamicSharedSize] = run.launch.dynamic_shared_bytes;
  slots[kTotalSharedSize] = run.program.shared_bytes + run.launch.dynamic_shared_bytes;
  slots[kNsmId] = kMultiprocessors;
  slots[kGridId] = 0;
  slots[kCarry] = 0;
}

}  // namespace

BlockRun::BlockRun(const GridRun& run)
    : run_(run),
      program_(run.program),
      threads_count_(run.launch.block[0] * run.launch.block[1] * run.launch.block[2]),
      warps_count_((threads_count_ + 31) / 32),
      local_(program_.local_bytes * threads_count_),
      // With room for a start that is a multiple of any vector's size.
      shared_(program_.shared_bytes + run.launch.dynamic_shared_bytes + 128),
      threads_(threads_count_),
      arrived_(warps_count_),
      warp_order_(warps_count_),
      lane_order_(32) {
  const std::size_t stride = program_.constants.size() + program_.slots;
  slots_.reset(new std::uint64_t[stride * threads_count_]);
  const auto* const given = static_cast<const char*>(run.parameters);
  if (program_.parameter_bytes > 0) {
    parameters_.assign(given, given + program_.parameter_bytes);
  }
  char* const start = shared_.data() + (-reinterpret_cast<std::uintptr_t>(shared_.data()) & 127);
  block_.program = &program_;
  block_.memory = &run.memory;
  block_.shared = {start, shared_.size() - 128};
  block_.constant = run.module_constant;
  block_.module_global = run.module_global;
  block_.parameters = parameters_.data();
  block_.rounding = run.schedule.rounding;
  block_.races.Prepare(block_.shared.size, program_.shared_granule, warps_count_);
  for (std::uint32_t k = 0; k < threads_count_; ++k) {
    Thread& thread = threads_[k];
    thread = Thread();
    thread.slots = slots_.get() + stride * k + program_.constants.size();
    thread.local = local_.data() + program_.local_bytes * k;
    thread.block = &block_;
    thread.index = k;
    thread.lane = k % 32;
    thread.warp = k / 32;
    FillConstants(run, thread);
  }
}

void BlockRun::StartBlock(std::uint64_t block) {
  const unsigned* const grid = run_.launch.grid;
  ctaid_[0] = static_cast<std::uint32_t>(block % grid[0]);
  ctaid_[1] = static_cast<std::uint32_t>(block / grid[0] % grid[1]);
  ctaid_[2] = static_cast<std::uint32_t>(block / grid[0] / grid[1]);
  std::memset(block_.shared.begin, kPoison, block_.shared.size);
  std::memset(local_.data(), kPoison, local_.size());
  block_.races.StartBlock();
  std::fill(std::begin(announced_), std::end(announced_), 0u);
  std::fill(arrived_.begin(), arrived_.end(), 0u);
  for (Thread& thread : threads_) {
    thread.pc = program_.code.data();
    thread.state = State::kReady;
    for (int k = 0; k < 3; ++k) thread.slots[kCtaidX + k] = ctaid_[k];
    thread.slots[kSmId] = block % kMultiprocessors;
    std::fill(thread.slots + program_.registers_end, thread.slots + program_.slots, 0);
  }
  random_.seed(run_.schedule.seed + block);
  Order(warp_order_, run_.schedule.order, random_);
  Order(lane_order_, run_.schedule.order, random_);
}

void BlockRun::Run(std::uint64_t block) {
  StartBlock(block);
  do {
    for (const std::uint32_t warp : warp_order_) RunWarp(warp);
  } while (ReleaseBarriers());
  for (const Thread& thread : threads_) {
    if (thread.state != State::kExited) FailDeadlocked();
  }
}

void BlockRun::RunWarp(std::uint32_t warp) {
  Thread* const first = threads_.data() + warp * 32;
  const std::uint32_t lanes = std::min(32u, threads_count_ - warp * 32);
  for (bool goes_on = true; goes_on;) {
    goes_on = false;
    for (const std::uint32_t lane : lane_order_) {
      if (lane >= lanes || first[lane].state != State::kReady) continue;
      Thread& thread = first[lane];
      RunThread(thread);
      if (thread.state != State::kAtWarp) continue;
      arrived_[warp] |= 1u << lane;
      goes_on |= ReleaseWarp(thread);
    }
  }
}

void BlockRun::RunThread(Thread& thread) {
  const Instruction* next = thread.pc;
  const Instruction* current = next;
  std::uint64_t count = 0;
  try {
    do {
      current = next;
      next = current->handler(current, thread);
    } while (++count < kForever && next != nullptr);
    if (next != nullptr) throw Trap{Fault::kLaunchFailed, "the thread runs forever"};
  } catch (const Trap& trap) {
    Fail(thread, current, trap.fault, trap.what);
  }
  instructions_ += count;
  if (thread.state == State::kAtBarrier && thread.barrier_operation == BarrierOperation::kArrive) {
    ++announced_[thread.waits_for];
    ++thread.pc;
    thread.state = State::kReady;
    RunThread(thread);
  }
}

bool BlockRun::ReleaseWarp(Thread& thread) {
  const std::uint32_t mask = thread.waits_for;
  if ((arrived_[thread.warp] & mask) != mask) return false;
  Thread* const first = threads_.data() + thread.warp * 32;
  for (std::uint32_t rest = mask; rest != 0; rest &= rest - 1) {
    const Thread& other = first[__builtin_ctz(rest)];
    if (other.operation != thread.operation || other.waits_for != mask) return false;
  }
  try {
    CompleteWarpOperation(first, thread.operation, mask);
  } catch (const Trap& trap) {
    Fail(thread, thread.pc, trap.fault, trap.what);
  }
  for (std::uint32_t rest = mask; rest != 0; rest &= rest - 1) {
    Thread& other = first[__builtin_ctz(rest)];
    ++other.pc;
    other.state = State::kReady;
  }
  arrived_[thread.warp] &= ~mask;
  block_.races.SynchronizeWarp(thread.warp);
  return true;
}

bool BlockRun::ReleaseBarriers() {
  bool released = false;
  std::uint32_t numbers = 0;
  for (const Thread& thread : threads_) {
    if (thread.state == State::kAtBarrier) numbers |= 1u << thread.waits_for;
  }
  for (; numbers != 0; numbers &= numbers - 1) {
    released |= ReleaseBarrier(static_cast<std::uint32_t>(__builtin_ctz(numbers)));
  }
  return released;
}

bool BlockRun::ReleaseBarrier(std::uint32_t number) {
  std::vector<Thread*> waiting;
  std::uint32_t alive = 0;
  for (Thread& thread : threads_) {
    alive += thread.state != State::kExited;
    if (thread.state == State::kAtBarrier && thread.waits_for == number) waiting.push_back(&thread);
  }
  const std::uint32_t wanted = ThreadsOfBarrier(*waiting[0]);
  if (waiting.size() + announced_[number] < (wanted == 0 ? alive : wanted)) return false;
  for (std::size_t k = 1; k < waiting.size(); ++k) {
    if (waiting[k]->is_aligned && waiting[k]->warp == waiting[k - 1]->warp &&
        waiting[k]->pc != waiting[k - 1]->pc) {
      Fail(*waiting[k], waiting[k]->pc, Fault::kLaunchFailed,
           "threads of a warp are at different barriers: " + NameOf(*waiting[k - 1]) + " is at " +
               PlaceOf(waiting[k - 1]->pc));
    }
  }
  CompleteBarrier(waiting);
  announced_[number] = 0;
  for (Thread* thread : waiting) {
    ++thread->pc;
    thread->state = State::kReady;
  }
  block_.races.SynchronizeBlock();
  return true;
}

std::string BlockRun::PlaceOf(const Instruction* at) const {
  const int line = program_.lines[static_cast<std::size_t>(at - program_.code.data())];
  std::string text = line >= 1 && line <= static_cast<int>(run_.text.size())
                         ? run_.text[static_cast<std::size_t>(line) - 1]
                         : "";
  text.erase(0, text.find_first_not_of(" \t"));
  return "line " + std::to_string(line) + ": " + text;
}

std::string BlockRun::NameOf(const Thread& thread) const {
  return "thread (" + std::to_string(thread.slots[kTidX]) + ", " +
         std::to_string(thread.slots[kTidY]) + ", " + std::to_string(thread.slots[kTidZ]) + ")";
}

void BlockRun::Fail(const Thread& thread, const Instruction* at, Fault fault,
                    const std::string& what) const {
  throw Error(fault, "kernel " + program_.info.name + ", " + PlaceOf(at) + ": block (" +
                         std::to_string(ctaid_[0]) + ", " + std::to_string(ctaid_[1]) + ", " +
                         std::to_string(ctaid_[2]) + "), " + NameOf(thread) + ": " + what);
}

void BlockRun::FailDeadlocked() const {
  const Thread* first = nullptr;
  std::string others;
  const Instruction* last_place = nullptr;
  int named = 0;
  for (const Thread& thread : threads_) {
    if (first == nullptr && thread.state != State::kExited) {
      first = &thread;
      last_place = thread.pc;
    } else if (first != nullptr && thread.pc != last_place && named < 4) {
      last_place = thread.pc;
      ++named;
      others += "; " + NameOf(thread) +
                (thread.state == State::kExited ? " has ended at " : " waits at ") +
                PlaceOf(thread.pc);
    }
  }
  std::string what = "deadlock: waits for threads that do not come";
  if (first->state == State::kAtWarp) {
    const std::uint32_t missing = first->waits_for & ~arrived_[first->warp];
    if (missing != 0) what += ", of its warp lane " + std::to_string(__builtin_ctz(missing));
  }
  Fail(*first, first->pc, Fault::kLaunchFailed, what + others);
}

}  // namespace ptx
