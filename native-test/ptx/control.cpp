#include "operations.h"

namespace ptx::control {

const Instruction* Jump(const Instruction* i, Thread&) { return i + i->extra; }

const Instruction* JumpIfTrue(const Instruction* i, Thread& thread) {
  return i + (Get<bool>(thread, i->a) ? i->extra : 1);
}

const Instruction* JumpIfFalse(const Instruction* i, Thread& thread) {
  return i + (Get<bool>(thread, i->a) ? 1 : i->extra);
}

const Instruction* JumpTable(const Instruction* i, Thread& thread) {
  const std::uint32_t index = Get<std::uint32_t>(thread, i->a);
  if (index >= static_cast<std::uint32_t>(i->extra)) {
    throw Trap{Fault::kIllegalInstruction,
               "entry " + std::to_string(index) + " of " + std::to_string(i->extra) + " targets"};
  }
  return i + 1 + index;
}

const Instruction* Exit(const Instruction* i, Thread& thread) {
  thread.pc = i;
  thread.state = State::kExited;
  return nullptr;
}

const Instruction* TrapHere(const Instruction*, Thread&) {
  throw Trap{Fault::kLaunchFailed, "the kernel traps"};
}

const Instruction* Nothing(const Instruction* i, Thread&) { return i + 1; }

const Instruction* NotPredicate(const Instruction* i, Thread& thread) {
  Put<bool>(thread, i->d, !Get<bool>(thread, i->a));
  return i + 1;
}

const Instruction* MarkWritten(const Instruction* i, Thread& thread) {
  thread.slots[i->d] = 1;
  return i + 1;
}

const Instruction* CheckWritten(const Instruction* i, Thread& thread) {
  if (thread.slots[i->d] == 0) {
    throw Trap{Fault::kIllegalInstruction, "a register is read that was never written"};
  }
  return i + 1;
}

const Instruction* CopyMark(const Instruction* i, Thread& thread) {
  thread.slots[i->d] = thread.slots[i->a];
  return i + 1;
}

}  // namespace ptx::control
