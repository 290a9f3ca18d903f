// Memory of the device and pinned memory of the host.
#include "call.h"
#include "text.h"

using emulated::Block;
using emulated::CallInContext;
using emulated::Context;
using emulated::Driver;
using emulated::Failure;
using emulated::MemoryKind;
using emulated::Misuse;
using emulated::Out;
using ContextPtr = std::shared_ptr<Context>;

namespace {

constexpr unsigned kAllHostFlags = 15;

std::uint64_t AddressOf(const void* pointer) { return reinterpret_cast<std::uint64_t>(pointer); }

// Throws a misuse that says what lies there instead.
const Block& BlockAt(const Driver& driver, std::uint64_t address, CUresult code) {
  const Block* block = driver.memory.Find(address, 1);
  if (block != nullptr) return *block;
  throw Misuse{code, emulated::Hexadecimal(address) + " is " + driver.memory.Describe(address, 1)};
}

void CheckOwner(const Block& block, const Context& context) {
  if (block.context != context.handle) {
    throw Misuse{CUDA_ERROR_INVALID_VALUE, NameOf(block) + " belongs to another context"};
  }
}

void Free(Driver& driver, const Context& context, MemoryKind kind, std::uint64_t address) {
  const Block* block = driver.memory.Find(address, 0);
  if (block != nullptr && block->address == address) CheckOwner(*block, context);
  driver.memory.Free(kind, address);
}

CUresult AllocateHost(const char* name, void** pointer, std::size_t bytes, unsigned flags) {
  return CallInContext(name, [&](Driver& driver, const ContextPtr& context) {
    void*& out = Out(pointer);
    if (bytes == 0 || flags > kAllHostFlags) {
      throw Misuse{CUDA_ERROR_INVALID_VALUE, "no bytes, or flags that there are not"};
    }
    out = reinterpret_cast<void*>(
        driver.memory
            .Allocate(MemoryKind::kPinned, bytes, context->device, context->handle, flags)
            .address);
  });
}

void GetPointerAttribute(const Driver& driver, void* data, int attribute, CUdeviceptr pointer) {
  if (data == nullptr) throw Misuse{CUDA_ERROR_INVALID_VALUE, "a result's pointer is null"};
  const Block* block = driver.memory.Find(pointer, 1);
  // What a caller may ask in order to know whether it is the driver's memory.
  if (block == nullptr) throw Failure{CUDA_ERROR_INVALID_VALUE, "no memory of the driver's"};
  const bool is_device = block->kind == MemoryKind::kDevice;
  switch (attribute) {
    case kPointerContext:
      *static_cast<Handle*>(data) = block->context;
      return;
    case kPointerMemoryType:
      *static_cast<unsigned*>(data) = is_device ? kMemoryTypeDevice : kMemoryTypeHost;
      return;
    case kPointerDevicePointer:
      *static_cast<CUdeviceptr*>(data) = pointer;
      return;
    case kPointerHostPointer:
      if (is_device) throw Failure{CUDA_ERROR_INVALID_VALUE, "memory of a device"};
      *static_cast<CUdeviceptr*>(data) = pointer;
      return;
    case kPointerIsManaged:
      *static_cast<bool*>(data) = false;
      return;
    case kPointerDeviceOrdinal:
      *static_cast<int*>(data) = block->device;
      return;
    case kPointerRangeStartAddress:
      *static_cast<CUdeviceptr*>(data) = block->address;
      return;
    case kPointerRangeSize:
      *static_cast<std::size_t*>(data) = block->bytes;
      return;
    default:
      throw Failure{CUDA_ERROR_NOT_SUPPORTED, "the attribute is not emulated"};
  }
}

}  // namespace

EMULATED_API CUresult cuMemGetInfo_v2(std::size_t* free, std::size_t* total) {
  return CallInContext("cuMemGetInfo_v2", [&](Driver& driver, const ContextPtr& context) {
    const std::size_t used = driver.memory.Used(context->device);
    if (total != nullptr) *total = driver.settings.memory;
    if (free != nullptr) *free = driver.settings.memory - std::min(used, driver.settings.memory);
  });
}

EMULATED_API CUresult cuMemAlloc_v2(CUdeviceptr* pointer, std::size_t bytes) {
  return CallInContext("cuMemAlloc_v2", [&](Driver& driver, const ContextPtr& context) {
    CUdeviceptr& out = Out(pointer);
    if (bytes == 0) throw Misuse{CUDA_ERROR_INVALID_VALUE, "no bytes are asked for"};
    const std::size_t used = driver.memory.Used(context->device);
    if (bytes > driver.settings.memory || used > driver.settings.memory - bytes) {
      throw Failure{CUDA_ERROR_OUT_OF_MEMORY, "the device's memory is full"};
    }
    out = driver.memory
              .Allocate(MemoryKind::kDevice, bytes, context->device, context->handle, 0)
              .address;
  });
}

EMULATED_API CUresult cuMemFree_v2(CUdeviceptr pointer) {
  return CallInContext("cuMemFree_v2", [&](Driver& driver, const ContextPtr& context) {
    if (pointer != 0) Free(driver, *context, MemoryKind::kDevice, pointer);
  });
}

EMULATED_API CUresult cuMemGetAddressRange_v2(CUdeviceptr* base, std::size_t* bytes,
                                              CUdeviceptr pointer) {
  return CallInContext("cuMemGetAddressRange_v2", [&](Driver& driver, const ContextPtr&) {
    const Block* block = driver.memory.Find(pointer, 1);
    if (block == nullptr) throw Failure{CUDA_ERROR_NOT_FOUND, "no memory of the driver's"};
    if (base != nullptr) *base = block->address;
    if (bytes != nullptr) *bytes = block->bytes;
  });
}

EMULATED_API CUresult cuMemHostAlloc(void** pointer, std::size_t bytes, unsigned flags) {
  return AllocateHost("cuMemHostAlloc", pointer, bytes, flags);
}

EMULATED_API CUresult cuMemAllocHost_v2(void** pointer, std::size_t bytes) {
  return AllocateHost("cuMemAllocHost_v2", pointer, bytes, 0);
}

EMULATED_API CUresult cuMemFreeHost(void* pointer) {
  return CallInContext("cuMemFreeHost", [&](Driver& driver, const ContextPtr& context) {
    Free(driver, *context, MemoryKind::kPinned, AddressOf(pointer));
  });
}

EMULATED_API CUresult cuMemHostRegister_v2(void* pointer, std::size_t bytes, unsigned flags) {
  return CallInContext("cuMemHostRegister_v2", [&](Driver& driver, const ContextPtr& context) {
    if (pointer == nullptr || bytes == 0 || flags > kAllHostFlags) {
      throw Misuse{CUDA_ERROR_INVALID_VALUE, "no address, no bytes, or flags that there are not"};
    }
    driver.memory.Register(AddressOf(pointer), bytes, context->device, context->handle, flags);
  });
}

EMULATED_API CUresult cuMemHostUnregister(void* pointer) {
  return CallInContext("cuMemHostUnregister", [&](Driver& driver, const ContextPtr& context) {
    Free(driver, *context, MemoryKind::kRegistered, AddressOf(pointer));
  });
}

EMULATED_API CUresult cuMemHostGetDevicePointer_v2(CUdeviceptr* device, void* host,
                                                   unsigned flags) {
  return CallInContext("cuMemHostGetDevicePointer_v2", [&](Driver& driver, const ContextPtr&) {
    CUdeviceptr& out = Out(device);
    if (flags != 0) throw Misuse{CUDA_ERROR_INVALID_VALUE, "flags have to be 0"};
    if (BlockAt(driver, AddressOf(host), CUDA_ERROR_INVALID_VALUE).kind == MemoryKind::kDevice) {
      throw Misuse{CUDA_ERROR_INVALID_VALUE, "this is no memory of the host"};
    }
    out = AddressOf(host);
  });
}

EMULATED_API CUresult cuMemHostGetFlags(unsigned* flags, void* host) {
  return CallInContext("cuMemHostGetFlags", [&](Driver& driver, const ContextPtr&) {
    Out(flags) = BlockAt(driver, AddressOf(host), CUDA_ERROR_INVALID_VALUE).flags;
  });
}

EMULATED_API CUresult cuPointerGetAttribute(void* data, int attribute, CUdeviceptr pointer) {
  return CallInContext("cuPointerGetAttribute", [&](Driver& driver, const ContextPtr&) {
    GetPointerAttribute(driver, data, attribute, pointer);
  });
}
