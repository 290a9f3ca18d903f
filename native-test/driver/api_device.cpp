// Initialisation and devices.
#include <algorithm>
#include <cstdio>
#include <cstring>
#include <string>

#include "call.h"

using emulated::Call;
using emulated::Driver;
using emulated::Failure;
using emulated::Misuse;
using emulated::Out;
using emulated::Settings;

namespace {

constexpr int kThreadsPerMultiprocessor = 1536;
constexpr int kReservedSharedMemory = 1024;

int AttributeOf(const Settings& settings, CUdevice device, int attribute) {
  switch (attribute) {
    case kMaxThreadsPerBlock:
    case kMaxBlockDimX:
    case kMaxBlockDimY:
      return 1024;
    case kMaxBlockDimZ:
      return 64;
    case kMaxGridDimX:
    case kMaxPitch:
      return 0x7FFFFFFF;
    case kMaxGridDimY:
    case kMaxGridDimZ:
      return 65535;
    case kMaxSharedMemoryPerBlock:
      return static_cast<int>(settings.shared_per_block);
    case kMaxSharedMemoryPerBlockOptin:
      return static_cast<int>(settings.shared_per_block_optin);
    case kMaxSharedMemoryPerMultiprocessor:
      return static_cast<int>(settings.shared_per_block_optin) + kReservedSharedMemory;
    case kReservedSharedMemoryPerBlock:
      return kReservedSharedMemory;
    case kTotalConstantMemory:
    case kMaxRegistersPerBlock:
    case kMaxRegistersPerMultiprocessor:
      return 65536;
    case kWarpSize:
      return 32;
    case kClockRate:
      return 1000000;
    case kMemoryClockRate:
      return 1000000;
    case kGlobalMemoryBusWidth:
      return 256;
    case kL2CacheSize:
      return 4 << 20;
    case kTextureAlignment:
      return 512;
    case kMultiprocessorCount:
      return settings.multiprocessors;
    case kMaxThreadsPerMultiprocessor:
      return kThreadsPerMultiprocessor;
    case kMaxBlocksPerMultiprocessor:
      return 16;
    case kAsyncEngineCount:
      return 2;
    case kPciBusId:
      return device + 1;
    case kComputeCapabilityMajor:
      return settings.capability / 10;
    case kComputeCapabilityMinor:
      return settings.capability % 10;
    case kGpuOverlap:
    case kCanMapHostMemory:
    case kConcurrentKernels:
    case kUnifiedAddressing:
    case kStreamPrioritiesSupported:
    case kCanUseHostPointerForRegisteredMemory:
    case kHostRegisterSupported:
    case kReadOnlyHostRegisterSupported:
      return 1;
    default:
      return 0;
  }
}

}  // namespace

EMULATED_API CUresult cuInit(unsigned flags) {
  if (emulated::in_host_function) return CUDA_ERROR_NOT_PERMITTED;
  Driver& driver = Driver::Instance();
  const std::lock_guard<std::mutex> lock(driver.mutex());
  if (flags != 0) return CUDA_ERROR_INVALID_VALUE;
  if (driver.Configure()) return CUDA_ERROR_SYSTEM_NOT_READY;
  if (const auto fault = driver.faults.At("cuInit")) return fault->code;
  if (driver.settings.devices == 0) return CUDA_ERROR_NO_DEVICE;
  if (!driver.initialized) driver.devices.resize(driver.settings.devices);
  driver.initialized = true;
  return CUDA_SUCCESS;
}

EMULATED_API CUresult cuDriverGetVersion(int* version) {
  Driver& driver = Driver::Instance();
  const std::lock_guard<std::mutex> lock(driver.mutex());
  if (version == nullptr) return CUDA_ERROR_INVALID_VALUE;
  if (driver.Configure()) return CUDA_ERROR_SYSTEM_NOT_READY;
  if (const auto fault = driver.faults.At("cuDriverGetVersion")) return fault->code;
  *version = driver.settings.driver_version;
  return CUDA_SUCCESS;
}

EMULATED_API CUresult cuDeviceGetCount(int* count) {
  return Call("cuDeviceGetCount",
              [&](Driver& driver) { Out(count) = static_cast<int>(driver.devices.size()); });
}

EMULATED_API CUresult cuDeviceGet(CUdevice* device, int ordinal) {
  return Call("cuDeviceGet", [&](Driver& driver) {
    driver.CheckDevice(ordinal);
    Out(device) = ordinal;
  });
}

EMULATED_API CUresult cuDeviceGetName(char* name, int length, CUdevice device) {
  return Call("cuDeviceGetName", [&](Driver& driver) {
    driver.CheckDevice(device);
    if (name == nullptr || length <= 0) throw Misuse{CUDA_ERROR_INVALID_VALUE, "no room for it"};
    std::snprintf(name, length, "emulated GPU %d", device);
  });
}

EMULATED_API CUresult cuDeviceGetUuid(CUuuid* uuid, CUdevice device) {
  return Call("cuDeviceGetUuid", [&](Driver& driver) {
    driver.CheckDevice(device);
    const std::string text = "emulated GPU " + std::to_string(device);
    CUuuid& out = Out(uuid);
    std::memset(out.bytes, 0, sizeof out.bytes);
    std::memcpy(out.bytes, text.data(), std::min(text.size(), sizeof out.bytes));
  });
}

EMULATED_API CUresult cuDeviceGetPCIBusId(char* id, int length, CUdevice device) {
  return Call("cuDeviceGetPCIBusId", [&](Driver& driver) {
    driver.CheckDevice(device);
    if (id == nullptr || length <= 0) throw Misuse{CUDA_ERROR_INVALID_VALUE, "no room for it"};
    std::snprintf(id, length, "0000:%02x:00.0", device + 1);
  });
}

EMULATED_API CUresult cuDeviceTotalMem_v2(std::size_t* bytes, CUdevice device) {
  return Call("cuDeviceTotalMem_v2", [&](Driver& driver) {
    driver.CheckDevice(device);
    Out(bytes) = driver.settings.memory;
  });
}

EMULATED_API CUresult cuDeviceGetAttribute(int* value, int attribute, CUdevice device) {
  return Call("cuDeviceGetAttribute", [&](Driver& driver) {
    driver.CheckDevice(device);
    if (attribute < 1 || attribute > kLastDeviceAttribute) {
      throw Failure{CUDA_ERROR_INVALID_VALUE, "there is no such attribute"};
    }
    Out(value) = AttributeOf(driver.settings, device, attribute);
  });
}

EMULATED_API CUresult cuDeviceComputeCapability(int* major, int* minor, CUdevice device) {
  return Call("cuDeviceComputeCapability", [&](Driver& driver) {
    driver.CheckDevice(device);
    Out(major) = driver.settings.capability / 10;
    Out(minor) = driver.settings.capability % 10;
  });
}

EMULATED_API CUresult cuDeviceCanAccessPeer(int* can, CUdevice device, CUdevice peer) {
  return Call("cuDeviceCanAccessPeer", [&](Driver& driver) {
    driver.CheckDevice(device);
    driver.CheckDevice(peer);
    Out(can) = 0;
  });
}
