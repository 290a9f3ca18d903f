// Contexts: the primary ones and a thread's stack.
#include "call.h"

using emulated::Call;
using emulated::CallInContext;
using emulated::Context;
using emulated::Device;
using emulated::Driver;
using emulated::Misuse;
using emulated::Out;

EMULATED_API CUresult cuDevicePrimaryCtxRetain(Handle* context, CUdevice device) {
  return Call("cuDevicePrimaryCtxRetain", [&](Driver& driver) {
    driver.CheckDevice(device);
    Handle& out = Out(context);
    Device& of = driver.devices[device];
    if (of.primary == nullptr) of.primary = driver.NewContext(device, of.primary_flags, true);
    ++of.primary_retained;
    out = of.primary->handle;
  });
}

EMULATED_API CUresult cuDevicePrimaryCtxRelease_v2(CUdevice device) {
  return Call("cuDevicePrimaryCtxRelease_v2", [&](Driver& driver) {
    driver.CheckDevice(device);
    Device& of = driver.devices[device];
    if (of.primary == nullptr) {
      throw Misuse{CUDA_ERROR_INVALID_CONTEXT, "the primary context is released more than retained"};
    }
    if (--of.primary_retained == 0) driver.Destroy(of.primary, "its context was released");
  });
}

EMULATED_API CUresult cuDevicePrimaryCtxReset_v2(CUdevice device) {
  return Call("cuDevicePrimaryCtxReset_v2", [&](Driver& driver) {
    driver.CheckDevice(device);
    const std::shared_ptr<Context> primary = driver.devices[device].primary;
    if (primary != nullptr) driver.Destroy(primary, "its context was reset");
  });
}

EMULATED_API CUresult cuDevicePrimaryCtxSetFlags_v2(CUdevice device, unsigned flags) {
  return Call("cuDevicePrimaryCtxSetFlags_v2", [&](Driver& driver) {
    driver.CheckDevice(device);
    Device& of = driver.devices[device];
    of.primary_flags = flags;
    if (of.primary != nullptr) of.primary->flags = flags;
  });
}

EMULATED_API CUresult cuDevicePrimaryCtxGetState(CUdevice device, unsigned* flags, int* active) {
  return Call("cuDevicePrimaryCtxGetState", [&](Driver& driver) {
    driver.CheckDevice(device);
    Out(flags) = driver.devices[device].primary_flags;
    Out(active) = driver.devices[device].primary != nullptr ? 1 : 0;
  });
}

EMULATED_API CUresult cuCtxCreate_v2(Handle* context, unsigned flags, CUdevice device) {
  return Call("cuCtxCreate_v2", [&](Driver& driver) {
    driver.CheckDevice(device);
    Handle& out = Out(context);
    out = driver.NewContext(device, flags, false)->handle;
    Driver::context_stack.push_back(out);
  });
}

EMULATED_API CUresult cuCtxDestroy_v2(Handle handle) {
  return Call("cuCtxDestroy_v2", [&](Driver& driver) {
    const std::shared_ptr<Context> context = driver.ContextOf(handle);
    if (context->primary) {
      throw Misuse{CUDA_ERROR_INVALID_CONTEXT, "a primary context is released, not destroyed"};
    }
    driver.Destroy(context, "its context was destroyed");
    auto& stack = Driver::context_stack;
    if (!stack.empty() && stack.back() == handle) stack.pop_back();
  });
}

EMULATED_API CUresult cuCtxSetCurrent(Handle handle) {
  return Call("cuCtxSetCurrent", [&](Driver& driver) {
    auto& stack = Driver::context_stack;
    if (handle != 0) driver.ContextOf(handle);
    if (!stack.empty()) stack.pop_back();
    if (handle != 0) stack.push_back(handle);
  });
}

EMULATED_API CUresult cuCtxGetCurrent(Handle* handle) {
  return Call("cuCtxGetCurrent", [&](Driver&) {
    Out(handle) = Driver::context_stack.empty() ? 0 : Driver::context_stack.back();
  });
}

EMULATED_API CUresult cuCtxPushCurrent_v2(Handle handle) {
  return Call("cuCtxPushCurrent_v2", [&](Driver& driver) {
    driver.ContextOf(handle);
    Driver::context_stack.push_back(handle);
  });
}

EMULATED_API CUresult cuCtxPopCurrent_v2(Handle* handle) {
  return Call("cuCtxPopCurrent_v2", [&](Driver&) {
    auto& stack = Driver::context_stack;
    if (stack.empty()) throw Misuse{CUDA_ERROR_INVALID_CONTEXT, "there is no context to pop"};
    if (handle != nullptr) *handle = stack.back();
    stack.pop_back();
  });
}

EMULATED_API CUresult cuCtxGetDevice(CUdevice* device) {
  return Call("cuCtxGetDevice",
              [&](Driver& driver) { Out(device) = driver.Current()->device; });
}

EMULATED_API CUresult cuCtxGetFlags(unsigned* flags) {
  return Call("cuCtxGetFlags", [&](Driver& driver) { Out(flags) = driver.Current()->flags; });
}

EMULATED_API CUresult cuCtxGetApiVersion(Handle handle, unsigned* version) {
  return Call("cuCtxGetApiVersion", [&](Driver& driver) {
    if (handle != 0) driver.ContextOf(handle);
    Out(version) = 3020;
  });
}

EMULATED_API CUresult cuCtxGetStreamPriorityRange(int* least, int* greatest) {
  return CallInContext("cuCtxGetStreamPriorityRange",
                       [&](Driver&, const std::shared_ptr<Context>&) {
                         if (least != nullptr) *least = 0;
                         if (greatest != nullptr) *greatest = -5;
                       });
}

EMULATED_API CUresult cuCtxSynchronize() {
  return CallInContext("cuCtxSynchronize",
                       [&](Driver& driver, const std::shared_ptr<Context>& context) {
                         driver.work.FinishAll(*context);
                         emulated::ThrowIfLost(*context);
                       });
}
