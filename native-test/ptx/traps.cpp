#include <cstdio>

#include "machine.h"

namespace ptx {
namespace {

std::string Hexadecimal(std::uint64_t value) {
  char text[32];
  std::snprintf(text, sizeof(text), "0x%llx", static_cast<unsigned long long>(value));
  return text;
}

}  // namespace

void TrapMisaligned(const char* space, std::uint64_t address, std::size_t bytes) {
  throw Trap{Fault::kMisalignedAddress, std::string(space) + " address " + Hexadecimal(address) +
                                            " is no multiple of the " + std::to_string(bytes) +
                                            " bytes accessed"};
}

void TrapOutOfBounds(const char* what, std::uint64_t address, std::size_t bytes,
                     std::size_t size) {
  throw Trap{Fault::kIllegalAddress, std::to_string(bytes) + " bytes at " + Hexadecimal(address) +
                                         " are outside " + what + " of " + std::to_string(size) +
                                         " bytes"};
}

void TrapIllegalGlobal(const char* what, std::uint64_t address, std::size_t bytes) {
  throw Trap{Fault::kIllegalAddress, std::to_string(bytes) + " bytes at global address " +
                                         Hexadecimal(address) + " may not be " +
                                         (what[0] == 'r' ? "read" : "written")};
}

void TrapRace(const Thread& thread, std::uint64_t address, const RaceCheck::Race& race) {
  throw Trap{Fault::kLaunchFailed, "race: threads " + std::to_string(race.other) + " (" +
                                       (race.other_wrote ? "wrote" : "read") + ") and " +
                                       std::to_string(thread.index) +
                                       " of the block access shared address " +
                                       Hexadecimal(address) + " with no barrier between"};
}

}  // namespace ptx
