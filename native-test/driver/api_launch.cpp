// Launches of kernels, checked against the device's limits and the kernel's PTX.
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <vector>

#include "access.h"
#include "call.h"

using emulated::CallInContext;
using emulated::Context;
using emulated::Driver;
using emulated::Failure;
using emulated::Function;
using emulated::KernelMemory;
using emulated::Misuse;
using emulated::Out;
using emulated::Settings;
using ContextPtr = std::shared_ptr<Context>;

namespace {

constexpr unsigned kMaxThreads = 1024;
constexpr unsigned kMaxBlock[3] = {1024, 1024, 64};
constexpr unsigned kMaxGrid[3] = {0x7FFFFFFF, 65535, 65535};
constexpr unsigned kThreadsPerMultiprocessor = 1536;
constexpr unsigned kBlocksPerMultiprocessor = 16;
constexpr std::size_t kReservedSharedMemory = 1024;
constexpr std::size_t kMaxParameterBytes = 4096;

// What `extra` of cuLaunchKernel holds, in place of the parameters one by one.
const void* const kParameterEnd = nullptr;
const void* const kParameterBuffer = reinterpret_cast<void*>(1);
const void* const kParameterBufferSize = reinterpret_cast<void*>(2);

using Bytes = std::vector<unsigned char>;

std::string Dimensions(const unsigned (&of)[3]) {
  return std::to_string(of[0]) + "x" + std::to_string(of[1]) + "x" + std::to_string(of[2]);
}

std::string NameOf(const Function& function, const ptx::Launch& launch) {
  return "kernel " + function.kernel->name + ", grid " + Dimensions(launch.grid) + ", block " +
         Dimensions(launch.block) + ", " + std::to_string(launch.dynamic_shared_bytes) +
         " bytes of dynamic shared memory";
}

void CheckLimits(const Function& function, const ptx::Launch& launch) {
  const std::string name = NameOf(function, launch);
  for (int i = 0; i < 3; ++i) {
    if (launch.grid[i] == 0 || launch.grid[i] > kMaxGrid[i] || launch.block[i] == 0 ||
        launch.block[i] > kMaxBlock[i]) {
      throw Misuse{CUDA_ERROR_INVALID_VALUE, name + ": a dimension is 0 or above the limit"};
    }
  }
  const std::uint64_t threads =
      std::uint64_t{launch.block[0]} * launch.block[1] * launch.block[2];
  if (threads > kMaxThreads) {
    throw Misuse{CUDA_ERROR_INVALID_VALUE, name + ": more than 1024 threads a block"};
  }
  if (function.kernel->max_threads != 0 && threads > function.kernel->max_threads) {
    throw Misuse{CUDA_ERROR_INVALID_VALUE, name + ": more threads a block than the kernel's " +
                                               std::to_string(function.kernel->max_threads)};
  }
  if (launch.dynamic_shared_bytes > function.dynamic_shared_bytes) {
    throw Misuse{CUDA_ERROR_INVALID_VALUE,
                 name + ": the function allows " + std::to_string(function.dynamic_shared_bytes)};
  }
}

// Copies memory of the caller's without a crash where there is none.
void Take(void* to, const void* from, std::size_t bytes, const std::string& what) {
  iovec local{to, bytes};
  iovec remote{const_cast<void*>(from), bytes};
  const ssize_t taken = process_vm_readv(getpid(), &local, 1, &remote, 1, 0);
  if (taken == static_cast<ssize_t>(bytes)) return;
  const bool is_forbidden = taken < 0 && (errno == EPERM || errno == ENOSYS);
  if (!is_forbidden) {
    throw Misuse{CUDA_ERROR_INVALID_VALUE, what + " cannot be read at the address given"};
  }
  std::memcpy(to, from, bytes);
}

std::size_t ParameterBytes(const Function& function) {
  std::size_t bytes = 0;
  for (const ptx::Parameter& parameter : function.kernel->parameters) {
    bytes = std::max(bytes, parameter.offset + parameter.size);
  }
  if (bytes > kMaxParameterBytes) {
    throw Misuse{CUDA_ERROR_INVALID_VALUE, "more than 4096 bytes of parameters"};
  }
  return bytes;
}

Bytes FromExtra(const Function& function, void** extra) {
  const void* buffer = nullptr;
  std::size_t size = 0;
  for (void** entry = extra; *entry != kParameterEnd; entry += 2) {
    if (*entry == kParameterBuffer) {
      buffer = entry[1];
    } else if (*entry == kParameterBufferSize) {
      Take(&size, entry[1], sizeof size, "the size of the parameters");
    } else {
      throw Misuse{CUDA_ERROR_INVALID_VALUE, "extra holds what it cannot"};
    }
  }
  Bytes bytes(ParameterBytes(function));
  if (size != bytes.size()) {
    throw Misuse{CUDA_ERROR_INVALID_VALUE,
                 "kernel " + function.kernel->name + " takes " + std::to_string(bytes.size()) +
                     " bytes of parameters and is given " + std::to_string(size)};
  }
  if (size != 0) Take(bytes.data(), buffer, size, "the parameters");
  return bytes;
}

Bytes FromList(const Function& function, void** list) {
  Bytes bytes(ParameterBytes(function));
  for (std::size_t i = 0; i < function.kernel->parameters.size(); ++i) {
    const ptx::Parameter& parameter = function.kernel->parameters[i];
    const std::string what =
        "parameter " + std::to_string(i) + " of kernel " + function.kernel->name;
    const void* at = nullptr;
    if (list != nullptr) Take(&at, list + i, sizeof at, what);
    if (at == nullptr) throw Misuse{CUDA_ERROR_INVALID_VALUE, what + " is missing"};
    Take(bytes.data() + parameter.offset, at, parameter.size, what);
  }
  return bytes;
}

CUresult CodeOf(ptx::Fault fault) {
  switch (fault) {
    case ptx::Fault::kInvalidPtx:
      return CUDA_ERROR_INVALID_PTX;
    case ptx::Fault::kMisalignedAddress:
      return CUDA_ERROR_MISALIGNED_ADDRESS;
    case ptx::Fault::kIllegalAddress:
      return CUDA_ERROR_ILLEGAL_ADDRESS;
    case ptx::Fault::kIllegalInstruction:
      return CUDA_ERROR_ILLEGAL_INSTRUCTION;
    case ptx::Fault::kLaunchFailed:
      return CUDA_ERROR_LAUNCH_FAILED;
  }
  return CUDA_ERROR_UNKNOWN;
}

void Run(const Driver& driver, const Context& context, const Function& function,
         const ptx::Launch& launch, const Bytes& parameters) {
  const KernelMemory memory(driver.memory, context);
  try {
    function.code->Run(*function.kernel, launch, parameters.data(), memory,
                       driver.settings.schedule);
  } catch (const ptx::Error& e) {
    const std::string why = memory.why_not();
    throw Failure{CodeOf(e.fault), std::string(e.what()) + (why.empty() ? "" : ": " + why)};
  }
}

int BlocksPerMultiprocessor(const Driver& driver, const Function& function, unsigned threads,
                            std::size_t dynamic) {
  const std::size_t shared = function.kernel->static_shared_bytes + dynamic + kReservedSharedMemory;
  const std::size_t all = driver.settings.shared_per_block_optin + kReservedSharedMemory;
  const unsigned most = function.kernel->max_threads == 0 ? kMaxThreads
                                                          : function.kernel->max_threads;
  if (threads == 0 || threads > most) return 0;
  return static_cast<int>(std::min<std::size_t>(
      {kBlocksPerMultiprocessor, kThreadsPerMultiprocessor / threads, all / shared}));
}

CUresult Occupancy(const char* name, int* blocks, Handle handle, int threads, std::size_t dynamic) {
  return CallInContext(name, [&](Driver& driver, const ContextPtr& context) {
    const auto function = driver.functions.Get(handle, *context);
    if (threads <= 0) throw Misuse{CUDA_ERROR_INVALID_VALUE, "no threads"};
    Out(blocks) = BlocksPerMultiprocessor(driver, *function, threads, dynamic);
  });
}

}  // namespace

EMULATED_API CUresult cuLaunchKernel(Handle handle, unsigned grid_x, unsigned grid_y,
                                     unsigned grid_z, unsigned block_x, unsigned block_y,
                                     unsigned block_z, unsigned dynamic_shared_bytes, Handle in,
                                     void** parameters, void** extra) {
  return CallInContext("cuLaunchKernel", [&](Driver& driver, const ContextPtr& context) {
    const auto function = driver.functions.Get(handle, *context);
    const auto stream = driver.StreamOf(in, context);
    const ptx::Launch launch{
        {grid_x, grid_y, grid_z}, {block_x, block_y, block_z}, dynamic_shared_bytes};
    CheckLimits(*function, launch);
    if (parameters != nullptr && extra != nullptr) {
      throw Misuse{CUDA_ERROR_INVALID_VALUE, "parameters are given in both ways"};
    }
    const Bytes bytes =
        extra != nullptr ? FromExtra(*function, extra) : FromList(*function, parameters);
    ++driver.devices[context->device].launches;
    driver.Submit(stream, NameOf(*function, launch),
                  [&driver, context, function, launch, bytes] {
                    Run(driver, *context, *function, launch, bytes);
                  });
  });
}

EMULATED_API CUresult cuOccupancyMaxActiveBlocksPerMultiprocessor(int* blocks, Handle function,
                                                                  int threads,
                                                                  std::size_t dynamic) {
  return Occupancy("cuOccupancyMaxActiveBlocksPerMultiprocessor", blocks, function, threads,
                   dynamic);
}

EMULATED_API CUresult cuOccupancyMaxActiveBlocksPerMultiprocessorWithFlags(
    int* blocks, Handle function, int threads, std::size_t dynamic, unsigned) {
  return Occupancy("cuOccupancyMaxActiveBlocksPerMultiprocessorWithFlags", blocks, function,
                   threads, dynamic);
}
