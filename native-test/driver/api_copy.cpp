// Copies and fills. Host memory is copied when the work runs if it is pinned; if not, the call takes
// what it reads with it and waits for what it writes, as the driver does.
#include <cstring>
#include <vector>

#include "access.h"
#include "call.h"
#include "text.h"

using emulated::Block;
using emulated::CallInContext;
using emulated::Context;
using emulated::Driver;
using emulated::Misuse;
using emulated::MemoryKind;
using emulated::Stream;
using ContextPtr = std::shared_ptr<Context>;
using StreamPtr = std::shared_ptr<Stream>;

namespace {

// Whether the call returns before the work is done.
enum class Returns { kAtOnce, kDone };

void* At(std::uint64_t address) { return reinterpret_cast<void*>(address); }

std::uint64_t AddressOf(const void* pointer) { return reinterpret_cast<std::uint64_t>(pointer); }

void CheckDevice(const Driver& driver, const Context& context, CUdeviceptr address,
                 std::size_t bytes, bool writes, CUresult code) {
  const std::string why = WhyNot(driver.memory, context, address, bytes, writes);
  if (!why.empty()) throw Misuse{code, why};
}

// The ordinal of the pinned block that holds the range, 0 if the host's memory there is pageable.
std::uint64_t PinnedBlock(const Driver& driver, std::uint64_t address, std::size_t bytes) {
  const Block* block = driver.memory.Find(address, bytes);
  if (block != nullptr && block->kind != MemoryKind::kDevice) return block->ordinal;
  if (block != nullptr || driver.memory.Touches(address, bytes)) {
    throw Misuse{CUDA_ERROR_INVALID_VALUE,
                 std::to_string(bytes) + " bytes at " + emulated::Hexadecimal(address) +
                     " are not the host's, or pinned in part: " +
                     driver.memory.Describe(address, bytes)};
  }
  return 0;
}

// Throws, inside of work, if the pinned block is not what it was when the work was issued.
void CheckStillPinned(const Driver& driver, std::uint64_t address, std::size_t bytes,
                      std::uint64_t ordinal) {
  const Block* block = driver.memory.Find(address, bytes);
  if (block == nullptr || block->ordinal != ordinal) {
    throw Misuse{CUDA_ERROR_ILLEGAL_ADDRESS,
                 "pinned memory was freed or unregistered before its copy had run"};
  }
}

void ToDevice(Driver& driver, const StreamPtr& stream, CUdeviceptr to, const void* from,
              std::size_t bytes, Returns returns) {
  if (bytes == 0) return;
  const ContextPtr context = stream->context;
  CheckDevice(driver, *context, to, bytes, true, CUDA_ERROR_INVALID_VALUE);
  const std::uint64_t pinned = PinnedBlock(driver, AddressOf(from), bytes);
  const auto check = [&driver, context, to, bytes] {
    CheckDevice(driver, *context, to, bytes, true, CUDA_ERROR_ILLEGAL_ADDRESS);
  };
  if (pinned == 0) {
    if (returns == Returns::kDone) driver.FinishStream(*stream);
    const auto* begin = static_cast<const unsigned char*>(from);
    auto taken = std::make_shared<std::vector<unsigned char>>(begin, begin + bytes);
    driver.Submit(stream, "copy of pageable memory to the device", [=] {
      check();
      std::memcpy(At(to), taken->data(), bytes);
    });
    return;
  }
  const auto task = driver.Submit(stream, "copy of pinned memory to the device", [=, &driver] {
    check();
    CheckStillPinned(driver, AddressOf(from), bytes, pinned);
    std::memcpy(At(to), from, bytes);
  });
  if (returns == Returns::kDone) driver.work.Finish(task);
}

void ToHost(Driver& driver, const StreamPtr& stream, void* to, CUdeviceptr from, std::size_t bytes,
            Returns returns) {
  if (bytes == 0) return;
  const ContextPtr context = stream->context;
  CheckDevice(driver, *context, from, bytes, false, CUDA_ERROR_INVALID_VALUE);
  const std::uint64_t pinned = PinnedBlock(driver, AddressOf(to), bytes);
  const auto task = driver.Submit(stream, "copy to the host", [=, &driver] {
    CheckDevice(driver, *context, from, bytes, false, CUDA_ERROR_ILLEGAL_ADDRESS);
    if (pinned != 0) CheckStillPinned(driver, AddressOf(to), bytes, pinned);
    std::memcpy(to, At(from), bytes);
  });
  if (pinned == 0 || returns == Returns::kDone) driver.work.Finish(task);
}

void OnDevice(Driver& driver, const StreamPtr& stream, CUdeviceptr to, CUdeviceptr from,
              std::size_t bytes) {
  if (bytes == 0) return;
  const ContextPtr context = stream->context;
  const auto check = [&driver, context, to, from, bytes](CUresult code) {
    CheckDevice(driver, *context, from, bytes, false, code);
    CheckDevice(driver, *context, to, bytes, true, code);
  };
  check(CUDA_ERROR_INVALID_VALUE);
  if (to < from + bytes && from < to + bytes) {
    throw Misuse{CUDA_ERROR_INVALID_VALUE, "what is copied and where it goes overlap"};
  }
  driver.Submit(stream, "copy on the device", [=] {
    check(CUDA_ERROR_ILLEGAL_ADDRESS);
    std::memcpy(At(to), At(from), bytes);
  });
}

template <class T>
void Fill(Driver& driver, const StreamPtr& stream, CUdeviceptr to, T value, std::size_t count) {
  if (count == 0) return;
  if (to % sizeof(T) != 0) throw Misuse{CUDA_ERROR_INVALID_VALUE, "the address is not aligned"};
  const ContextPtr context = stream->context;
  const std::size_t bytes = count * sizeof(T);
  CheckDevice(driver, *context, to, bytes, true, CUDA_ERROR_INVALID_VALUE);
  driver.Submit(stream, "fill", [=, &driver] {
    CheckDevice(driver, *context, to, bytes, true, CUDA_ERROR_ILLEGAL_ADDRESS);
    std::fill_n(static_cast<T*>(At(to)), count, value);
  });
}

// Copies and fills without a stream belong to the null stream.
CUresult InStream(const char* name, Handle handle,
                  const std::function<void(Driver&, const StreamPtr&)>& body) {
  return CallInContext(name, [&](Driver& driver, const ContextPtr& context) {
    body(driver, driver.StreamOf(handle, context));
    // A copy that was waited for may have been the first to meet an error.
    emulated::ThrowIfLost(*context);
  });
}

}  // namespace

EMULATED_API CUresult cuMemcpyHtoD_v2(CUdeviceptr to, const void* from, std::size_t bytes) {
  return InStream("cuMemcpyHtoD_v2", kNullStream, [&](Driver& driver, const StreamPtr& stream) {
    ToDevice(driver, stream, to, from, bytes, Returns::kDone);
  });
}

EMULATED_API CUresult cuMemcpyHtoDAsync_v2(CUdeviceptr to, const void* from, std::size_t bytes,
                                           Handle in) {
  return InStream("cuMemcpyHtoDAsync_v2", in, [&](Driver& driver, const StreamPtr& stream) {
    ToDevice(driver, stream, to, from, bytes, Returns::kAtOnce);
  });
}

EMULATED_API CUresult cuMemcpyDtoH_v2(void* to, CUdeviceptr from, std::size_t bytes) {
  return InStream("cuMemcpyDtoH_v2", kNullStream, [&](Driver& driver, const StreamPtr& stream) {
    ToHost(driver, stream, to, from, bytes, Returns::kDone);
  });
}

EMULATED_API CUresult cuMemcpyDtoHAsync_v2(void* to, CUdeviceptr from, std::size_t bytes,
                                           Handle in) {
  return InStream("cuMemcpyDtoHAsync_v2", in, [&](Driver& driver, const StreamPtr& stream) {
    ToHost(driver, stream, to, from, bytes, Returns::kAtOnce);
  });
}

EMULATED_API CUresult cuMemcpyDtoD_v2(CUdeviceptr to, CUdeviceptr from, std::size_t bytes) {
  return InStream("cuMemcpyDtoD_v2", kNullStream, [&](Driver& driver, const StreamPtr& stream) {
    OnDevice(driver, stream, to, from, bytes);
  });
}

EMULATED_API CUresult cuMemcpyDtoDAsync_v2(CUdeviceptr to, CUdeviceptr from, std::size_t bytes,
                                           Handle in) {
  return InStream("cuMemcpyDtoDAsync_v2", in, [&](Driver& driver, const StreamPtr& stream) {
    OnDevice(driver, stream, to, from, bytes);
  });
}

EMULATED_API CUresult cuMemsetD8_v2(CUdeviceptr to, unsigned char value, std::size_t count) {
  return InStream("cuMemsetD8_v2", kNullStream, [&](Driver& driver, const StreamPtr& stream) {
    Fill(driver, stream, to, value, count);
  });
}

EMULATED_API CUresult cuMemsetD8Async(CUdeviceptr to, unsigned char value, std::size_t count,
                                      Handle in) {
  return InStream("cuMemsetD8Async", in, [&](Driver& driver, const StreamPtr& stream) {
    Fill(driver, stream, to, value, count);
  });
}

EMULATED_API CUresult cuMemsetD16_v2(CUdeviceptr to, unsigned short value, std::size_t count) {
  return InStream("cuMemsetD16_v2", kNullStream, [&](Driver& driver, const StreamPtr& stream) {
    Fill(driver, stream, to, value, count);
  });
}

EMULATED_API CUresult cuMemsetD16Async(CUdeviceptr to, unsigned short value, std::size_t count,
                                       Handle in) {
  return InStream("cuMemsetD16Async", in, [&](Driver& driver, const StreamPtr& stream) {
    Fill(driver, stream, to, value, count);
  });
}

EMULATED_API CUresult cuMemsetD32_v2(CUdeviceptr to, unsigned value, std::size_t count) {
  return InStream("cuMemsetD32_v2", kNullStream, [&](Driver& driver, const StreamPtr& stream) {
    Fill(driver, stream, to, value, count);
  });
}

EMULATED_API CUresult cuMemsetD32Async(CUdeviceptr to, unsigned value, std::size_t count,
                                       Handle in) {
  return InStream("cuMemsetD32Async", in, [&](Driver& driver, const StreamPtr& stream) {
    Fill(driver, stream, to, value, count);
  });
}
