#include "warp_operations.h"

#include "operations.h"

namespace ptx {
namespace {

template <WarpOperation operation, std::int32_t Instruction::*mask>
const Instruction* Arrive(const Instruction* i, Thread& thread) {
  thread.pc = i;
  thread.state = State::kAtWarp;
  thread.operation = operation;
  thread.waits_for = Get<std::uint32_t>(thread, i->*mask);
  if ((thread.waits_for >> thread.lane & 1) == 0) {
    throw Trap{Fault::kLaunchFailed, "the mask does not name the thread's own lane " +
                                         std::to_string(thread.lane)};
  }
  return nullptr;
}

enum class Alignment { kAligned, kAny };

template <BarrierOperation operation, Alignment alignment>
const Instruction* Wait(const Instruction* i, Thread& thread) {
  thread.pc = i;
  thread.state = State::kAtBarrier;
  thread.barrier_operation = operation;
  thread.is_aligned = alignment == Alignment::kAligned;
  thread.waits_for = Get<std::uint32_t>(thread, i->a);
  if (thread.waits_for > 15) {
    throw Trap{Fault::kIllegalInstruction, "a block has barriers 0 to 15 only"};
  }
  return nullptr;
}

// Threads run one at a time: a thread is converged with nobody but itself.
const Instruction* ActiveMask(const Instruction* i, Thread& thread) {
  Put<std::uint32_t>(thread, i->d, 1u << thread.lane);
  return i + 1;
}

// The lane a shuffle reads from, and whether it is one of the segment that the clamp c defines.
std::uint32_t SourceLane(WarpOperation operation, std::uint32_t lane, std::uint32_t b,
                         std::uint32_t c, bool& inside) {
  const std::uint32_t segment = c >> 8 & 0x1f;
  const std::uint32_t clamp = c & 0x1f;
  const std::uint32_t last = (lane & segment) | (clamp & ~segment);
  const std::uint32_t first = lane & segment;
  b &= 0x1f;
  std::int32_t source;
  switch (operation) {
    case WarpOperation::kShuffleUp:
      source = static_cast<std::int32_t>(lane) - static_cast<std::int32_t>(b);
      inside = source >= static_cast<std::int32_t>(last);
      break;
    case WarpOperation::kShuffleDown:
      source = static_cast<std::int32_t>(lane + b);
      inside = source <= static_cast<std::int32_t>(last);
      break;
    case WarpOperation::kShuffleXor:
      source = static_cast<std::int32_t>(lane ^ b);
      inside = source <= static_cast<std::int32_t>(last);
      break;
    default:
      source = static_cast<std::int32_t>(first | (b & ~segment & 0x1f));
      inside = source <= static_cast<std::int32_t>(last);
      break;
  }
  return inside ? static_cast<std::uint32_t>(source) : lane;
}

void Shuffle(Thread* warp, WarpOperation operation, std::uint32_t mask) {
  std::uint32_t values[32] = {};
  for (std::uint32_t rest = mask; rest != 0; rest &= rest - 1) {
    const int lane = __builtin_ctz(rest);
    values[lane] = Get<std::uint32_t>(warp[lane], warp[lane].pc->a);
  }
  for (std::uint32_t rest = mask; rest != 0; rest &= rest - 1) {
    const auto lane = static_cast<std::uint32_t>(__builtin_ctz(rest));
    Thread& thread = warp[lane];
    const Instruction* i = thread.pc;
    bool inside;
    const std::uint32_t source = SourceLane(operation, lane, Get<std::uint32_t>(thread, i->b),
                                            Get<std::uint32_t>(thread, i->c), inside);
    if ((mask >> source & 1) == 0) {
      throw Trap{Fault::kLaunchFailed, "lane " + std::to_string(lane) + " reads lane " +
                                           std::to_string(source) + ", which is not in the mask"};
    }
    Put<std::uint32_t>(thread, i->d, values[source]);
    Put<bool>(thread, i->extra, inside);
  }
}

void Vote(Thread* warp, WarpOperation operation, std::uint32_t mask) {
  std::uint32_t ballot = 0;
  for (std::uint32_t rest = mask; rest != 0; rest &= rest - 1) {
    const int lane = __builtin_ctz(rest);
    if (Get<bool>(warp[lane], warp[lane].pc->a)) ballot |= 1u << lane;
  }
  for (std::uint32_t rest = mask; rest != 0; rest &= rest - 1) {
    Thread& thread = warp[__builtin_ctz(rest)];
    const std::int32_t d = thread.pc->d;
    switch (operation) {
      case WarpOperation::kVoteAll: Put<bool>(thread, d, ballot == mask); break;
      case WarpOperation::kVoteAny: Put<bool>(thread, d, ballot != 0); break;
      case WarpOperation::kVoteUniform:
        Put<bool>(thread, d, ballot == 0 || ballot == mask);
        break;
      default: Put<std::uint32_t>(thread, d, ballot); break;
    }
  }
}

template <class T>
void Match(Thread* warp, std::uint32_t mask, bool all) {
  for (std::uint32_t rest = mask; rest != 0; rest &= rest - 1) {
    Thread& thread = warp[__builtin_ctz(rest)];
    const T own = Get<T>(thread, thread.pc->a);
    std::uint32_t same = 0;
    for (std::uint32_t others = mask; others != 0; others &= others - 1) {
      const int lane = __builtin_ctz(others);
      if (Get<T>(warp[lane], warp[lane].pc->a) == own) same |= 1u << lane;
    }
    // The result may be the operand's register: kept until all lanes have been read.
    thread.waits_for = all && same != mask ? 0 : same;
  }
  for (std::uint32_t rest = mask; rest != 0; rest &= rest - 1) {
    Thread& thread = warp[__builtin_ctz(rest)];
    Put<std::uint32_t>(thread, thread.pc->d, thread.waits_for);
    if (all) Put<bool>(thread, thread.pc->extra, thread.waits_for != 0);
  }
}

template <Alignment alignment>
void AddBarriers(Operations& to, const std::string& name, const std::string& suffix) {
  using B = BarrierOperation;
  to.Add(name + ".sync" + suffix, {Wait<B::kWait, alignment>, "aB"});
  to.Add(name + ".arrive" + suffix, {Wait<B::kArrive, alignment>, "aB"});
  to.Add(name + ".red.popc" + suffix + ".u32", {Wait<B::kCount, alignment>, "daBc"});
  to.Add(name + ".red.and" + suffix + ".pred", {Wait<B::kAnd, alignment>, "daBc"});
  to.Add(name + ".red.or" + suffix + ".pred", {Wait<B::kOr, alignment>, "daBc"});
}

}  // namespace

void CompleteWarpOperation(Thread* warp, WarpOperation operation, std::uint32_t mask) {
  switch (operation) {
    case WarpOperation::kShuffleUp:
    case WarpOperation::kShuffleDown:
    case WarpOperation::kShuffleXor:
    case WarpOperation::kShuffleIndex: Shuffle(warp, operation, mask); break;
    case WarpOperation::kVoteAll:
    case WarpOperation::kVoteAny:
    case WarpOperation::kVoteUniform:
    case WarpOperation::kBallot: Vote(warp, operation, mask); break;
    case WarpOperation::kMatchAny32: Match<std::uint32_t>(warp, mask, false); break;
    case WarpOperation::kMatchAny64: Match<std::uint64_t>(warp, mask, false); break;
    case WarpOperation::kMatchAll32: Match<std::uint32_t>(warp, mask, true); break;
    case WarpOperation::kMatchAll64: Match<std::uint64_t>(warp, mask, true); break;
    case WarpOperation::kSynchronize: break;
  }
}

void CompleteBarrier(const std::vector<Thread*>& waiting) {
  std::uint32_t count = 0;
  std::uint32_t voters = 0;
  for (const Thread* thread : waiting) {
    if (thread->barrier_operation < BarrierOperation::kCount) continue;
    ++voters;
    count += Get<bool>(*thread, thread->pc->c);
  }
  for (Thread* thread : waiting) {
    const std::int32_t d = thread->pc->d;
    switch (thread->barrier_operation) {
      case BarrierOperation::kCount: Put<std::uint32_t>(*thread, d, count); break;
      case BarrierOperation::kAnd: Put<bool>(*thread, d, count == voters); break;
      case BarrierOperation::kOr: Put<bool>(*thread, d, count != 0); break;
      default: break;
    }
  }
}

std::uint32_t ThreadsOfBarrier(const Thread& thread) {
  return Get<std::uint32_t>(thread, thread.pc->b);
}

void AddWarpOperations(Operations& to) {
  using W = WarpOperation;
  constexpr auto a = &Instruction::a;
  constexpr auto b = &Instruction::b;
  constexpr auto e = &Instruction::e;
  to.Add("shfl.sync.up.b32", {Arrive<W::kShuffleUp, e>, "pabce"});
  to.Add("shfl.sync.down.b32", {Arrive<W::kShuffleDown, e>, "pabce"});
  to.Add("shfl.sync.bfly.b32", {Arrive<W::kShuffleXor, e>, "pabce"});
  to.Add("shfl.sync.idx.b32", {Arrive<W::kShuffleIndex, e>, "pabce"});
  to.Add("vote.sync.all.pred", {Arrive<W::kVoteAll, b>, "dab"});
  to.Add("vote.sync.any.pred", {Arrive<W::kVoteAny, b>, "dab"});
  to.Add("vote.sync.uni.pred", {Arrive<W::kVoteUniform, b>, "dab"});
  to.Add("vote.sync.ballot.b32", {Arrive<W::kBallot, b>, "dab"});
  to.Add("match.any.sync.b32", {Arrive<W::kMatchAny32, b>, "dab"});
  to.Add("match.any.sync.b64", {Arrive<W::kMatchAny64, b>, "dab"});
  to.Add("match.all.sync.b32", {Arrive<W::kMatchAll32, b>, "pab"});
  to.Add("match.all.sync.b64", {Arrive<W::kMatchAll64, b>, "pab"});
  to.Add("bar.warp.sync", {Arrive<W::kSynchronize, a>, "a"});
  to.Add("activemask.b32", {ActiveMask, "d"});
  for (const char* cta : {"", ".cta"}) {
    AddBarriers<Alignment::kAligned>(to, std::string("bar") + cta, "");
    AddBarriers<Alignment::kAligned>(to, std::string("barrier") + cta, ".aligned");
    AddBarriers<Alignment::kAny>(to, std::string("barrier") + cta, "");
  }
  for (const char* name : {"membar.cta", "membar.gl", "membar.sys", "fence.sc.cta", "fence.sc.gpu",
                           "fence.sc.sys", "fence.acq_rel.cta", "fence.acq_rel.gpu",
                           "fence.acq_rel.sys"}) {
    to.Add(name, {control::Nothing, ""});
  }
  to.Add("nanosleep.u32", {control::Nothing, "a"});
  to.Add("trap", {control::TrapHere, ""});
}

}  // namespace ptx
