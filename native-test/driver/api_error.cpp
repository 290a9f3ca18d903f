// Names and descriptions of errors.
#include "call.h"

namespace {

struct Described {
  CUresult code;
  const char* name;
  const char* text;
};

#define DESCRIBED(code, text) {code, #code, text}

constexpr Described kAll[] = {
    DESCRIBED(CUDA_SUCCESS, "no error"),
    DESCRIBED(CUDA_ERROR_INVALID_VALUE, "invalid argument"),
    DESCRIBED(CUDA_ERROR_OUT_OF_MEMORY, "out of memory"),
    DESCRIBED(CUDA_ERROR_NOT_INITIALIZED, "initialization error"),
    DESCRIBED(CUDA_ERROR_DEINITIALIZED, "driver shutting down"),
    DESCRIBED(CUDA_ERROR_STUB_LIBRARY, "CUDA driver is a stub library"),
    DESCRIBED(CUDA_ERROR_DEVICE_UNAVAILABLE, "CUDA-capable device(s) is/are busy or unavailable"),
    DESCRIBED(CUDA_ERROR_NO_DEVICE, "no CUDA-capable device is detected"),
    DESCRIBED(CUDA_ERROR_INVALID_DEVICE, "invalid device ordinal"),
    DESCRIBED(CUDA_ERROR_INVALID_IMAGE, "device kernel image is invalid"),
    DESCRIBED(CUDA_ERROR_INVALID_CONTEXT, "invalid device context"),
    DESCRIBED(CUDA_ERROR_MAP_FAILED, "mapping of buffer object failed"),
    DESCRIBED(CUDA_ERROR_UNMAP_FAILED, "unmapping of buffer object failed"),
    DESCRIBED(CUDA_ERROR_NO_BINARY_FOR_GPU, "no kernel image is available for the device"),
    DESCRIBED(CUDA_ERROR_ECC_UNCORRECTABLE, "uncorrectable ECC error encountered"),
    DESCRIBED(CUDA_ERROR_UNSUPPORTED_LIMIT, "limit is not supported on this architecture"),
    DESCRIBED(CUDA_ERROR_INVALID_PTX, "a PTX JIT compilation failed"),
    DESCRIBED(CUDA_ERROR_NVLINK_UNCORRECTABLE, "uncorrectable NVLink error detected"),
    DESCRIBED(CUDA_ERROR_JIT_COMPILER_NOT_FOUND, "PTX JIT compiler library not found"),
    DESCRIBED(CUDA_ERROR_UNSUPPORTED_PTX_VERSION,
              "the provided PTX was compiled with an unsupported toolchain."),
    DESCRIBED(CUDA_ERROR_INVALID_SOURCE, "device kernel image is invalid"),
    DESCRIBED(CUDA_ERROR_FILE_NOT_FOUND, "file not found"),
    DESCRIBED(CUDA_ERROR_OPERATING_SYSTEM, "OS call failed or operation not supported on this OS"),
    DESCRIBED(CUDA_ERROR_INVALID_HANDLE, "invalid resource handle"),
    DESCRIBED(CUDA_ERROR_ILLEGAL_STATE, "the operation cannot be performed in the present state"),
    DESCRIBED(CUDA_ERROR_NOT_FOUND, "named symbol not found"),
    DESCRIBED(CUDA_ERROR_NOT_READY, "device not ready"),
    DESCRIBED(CUDA_ERROR_ILLEGAL_ADDRESS, "an illegal memory access was encountered"),
    DESCRIBED(CUDA_ERROR_LAUNCH_OUT_OF_RESOURCES, "too many resources requested for launch"),
    DESCRIBED(CUDA_ERROR_LAUNCH_TIMEOUT, "the launch timed out and was terminated"),
    DESCRIBED(CUDA_ERROR_PRIMARY_CONTEXT_ACTIVE,
              "cannot set while device is active in this process"),
    DESCRIBED(CUDA_ERROR_CONTEXT_IS_DESTROYED, "context is destroyed"),
    DESCRIBED(CUDA_ERROR_ASSERT, "device-side assert triggered"),
    DESCRIBED(CUDA_ERROR_HOST_MEMORY_ALREADY_REGISTERED,
              "part or all of the requested memory range is already mapped"),
    DESCRIBED(CUDA_ERROR_HOST_MEMORY_NOT_REGISTERED,
              "pointer does not correspond to a registered memory region"),
    DESCRIBED(CUDA_ERROR_HARDWARE_STACK_ERROR, "hardware stack error"),
    DESCRIBED(CUDA_ERROR_ILLEGAL_INSTRUCTION, "an illegal instruction was encountered"),
    DESCRIBED(CUDA_ERROR_MISALIGNED_ADDRESS, "misaligned address"),
    DESCRIBED(CUDA_ERROR_INVALID_ADDRESS_SPACE,
              "operation not supported on global/shared address space"),
    DESCRIBED(CUDA_ERROR_INVALID_PC, "invalid program counter"),
    DESCRIBED(CUDA_ERROR_LAUNCH_FAILED, "unspecified launch failure"),
    DESCRIBED(CUDA_ERROR_COOPERATIVE_LAUNCH_TOO_LARGE, "too many blocks in cooperative launch"),
    DESCRIBED(CUDA_ERROR_NOT_PERMITTED, "operation not permitted"),
    DESCRIBED(CUDA_ERROR_NOT_SUPPORTED, "operation not supported"),
    DESCRIBED(CUDA_ERROR_SYSTEM_NOT_READY, "system not yet initialized"),
    DESCRIBED(CUDA_ERROR_SYSTEM_DRIVER_MISMATCH, "system has unsupported display driver / cuda "
                                                 "driver combination"),
    DESCRIBED(CUDA_ERROR_UNKNOWN, "unknown error"),
};

CUresult Give(CUresult code, const char* Described::*member, const char** out) {
  if (out == nullptr) return CUDA_ERROR_INVALID_VALUE;
  *out = nullptr;
  for (const Described& described : kAll) {
    if (described.code != code) continue;
    *out = described.*member;
    return CUDA_SUCCESS;
  }
  return CUDA_ERROR_INVALID_VALUE;
}

}  // namespace

EMULATED_API CUresult cuGetErrorName(CUresult code, const char** name) {
  return Give(code, &Described::name, name);
}

EMULATED_API CUresult cuGetErrorString(CUresult code, const char** text) {
  return Give(code, &Described::text, text);
}
