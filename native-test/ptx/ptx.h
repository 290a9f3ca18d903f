// Runs kernels from PTX text on the host, and finds what a GPU would forgive: each access is
// checked for bounds and alignment, shared memory starts poisoned, threads that race for it are
// found, so are registers that are read and were never written; an instruction that is not known is
// an error.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace ptx {

// What went wrong, named as the driver API names it.
enum class Fault {
  kInvalidPtx,
  kMisalignedAddress,
  kIllegalAddress,
  kIllegalInstruction,
  kLaunchFailed,
};

class Error : public std::runtime_error {
 public:
  Error(Fault fault, const std::string& what) : std::runtime_error(what), fault(fault) {}
  const Fault fault;
};

struct Parameter {
  std::size_t offset;
  std::size_t size;
  std::size_t alignment;
};

struct KernelInfo {
  std::string name;
  std::vector<Parameter> parameters;
  // 0 where the kernel does not say.
  unsigned max_threads;
  std::size_t static_shared_bytes;
};

// Says which memory kernels may touch. Called for every access to global memory but to a module's
// own variables, by several host threads at once; what is accessed is the host's memory at this
// address.
class Memory {
 public:
  virtual ~Memory() = default;
  virtual bool MayRead(std::uint64_t address, std::size_t bytes) const = 0;
  virtual bool MayWrite(std::uint64_t address, std::size_t bytes) const = 0;
};

// In which order threads of a warp, warps of a block and blocks of a grid take turns, and by how
// much .approx instructions err within their documented limits. Forward, blocks run side by side on
// the host's cores; in the other orders one after the other.
struct Schedule {
  enum class Order { kForward, kBackward, kShuffled };
  enum class Rounding { kNearest, kHighest, kLowest };
  Order order = Order::kForward;
  Rounding rounding = Rounding::kNearest;
  std::uint64_t seed = 0;
};

struct Launch {
  unsigned grid[3];
  unsigned block[3];
  std::size_t dynamic_shared_bytes;
};

class Module {
 public:
  // Throws Error (kInvalidPtx) that names the line.
  static std::unique_ptr<Module> Parse(std::string_view text);
  virtual ~Module() = default;
  // The version times 10, as 63 for 6.3; the target as 75 for sm_75.
  virtual int version() const = 0;
  virtual int target() const = 0;
  virtual const std::vector<KernelInfo>& kernels() const = 0;
  // Runs a whole grid; `kernel` is one of kernels(), `parameters` holds every parameter at its
  // offset. Returns the number of instructions that its threads have executed. Throws Error with
  // kernel, line, block and thread. Launches of a module may run side by side.
  virtual std::uint64_t Run(const KernelInfo& kernel, const Launch& launch, const void* parameters,
                            const Memory& memory, const Schedule& schedule) const = 0;
};

}  // namespace ptx
