// Streams, events and host functions.
#include <chrono>
#include <thread>

#include "call.h"

using emulated::CallInContext;
using emulated::Context;
using emulated::Driver;
using emulated::Event;
using emulated::Failure;
using emulated::Misuse;
using emulated::Out;
using emulated::Stream;
using emulated::Task;
using ContextPtr = std::shared_ptr<Context>;

namespace {

constexpr unsigned kAllEventFlags = 7;

CUresult Create(const char* name, Handle* handle, unsigned flags, int priority) {
  return CallInContext(name, [&](Driver& driver, const ContextPtr& context) {
    Handle& out = Out(handle);
    if ((flags & ~kStreamNonBlocking) != 0) {
      throw Misuse{CUDA_ERROR_INVALID_VALUE, "a stream has no such flags"};
    }
    const Stream stream{driver.NextHandle(), context, flags, priority, nullptr};
    out = driver.streams.Add(stream)->handle;
  });
}

CUresult Record(const char* name, Handle event, Handle stream) {
  return CallInContext(name, [&](Driver& driver, const ContextPtr& context) {
    const auto recorded = driver.events.Get(event, *context);
    recorded->record = driver.Submit(driver.StreamOf(stream, context), "event record", [] {});
  });
}

// Runs a function of the caller's where the driver would: on a thread of its own.
CUresult Submit(const char* name, Handle stream, const std::function<void()>& function) {
  return CallInContext(name, [&](Driver& driver, const ContextPtr& context) {
    driver.Submit(driver.StreamOf(stream, context), "host function", [function] {
      std::thread([&] {
        emulated::in_host_function = true;
        function();
      }).join();
    });
  });
}

// A poll: it lets one piece of work be done, so that a caller that polls gets to the end; on a slow
// device not every one does.
void Poll(Driver& driver, const Context& context, const std::vector<std::shared_ptr<Task>>& tasks) {
  if (tasks.empty()) return;
  const emulated::Settings& settings = driver.settings;
  const std::uint64_t polls = ++driver.devices[context.device].polls;
  if (context.device != settings.slow_device || polls % settings.slow_polls == 0) {
    driver.work.Step(tasks.front());
  }
  emulated::ThrowIfLost(context);
  throw Failure{CUDA_ERROR_NOT_READY, "work is left"};
}

}  // namespace

EMULATED_API CUresult cuStreamCreate(Handle* stream, unsigned flags) {
  return Create("cuStreamCreate", stream, flags, 0);
}

EMULATED_API CUresult cuStreamCreateWithPriority(Handle* stream, unsigned flags, int priority) {
  return Create("cuStreamCreateWithPriority", stream, flags, priority);
}

EMULATED_API CUresult cuStreamDestroy_v2(Handle stream) {
  return CallInContext("cuStreamDestroy_v2", [&](Driver& driver, const ContextPtr& context) {
    driver.streams.Get(stream, *context);
    driver.streams.Remove(stream);
  });
}

EMULATED_API CUresult cuStreamGetCtx(Handle stream, Handle* out) {
  return CallInContext("cuStreamGetCtx", [&](Driver& driver, const ContextPtr& context) {
    const bool is_null = stream == kNullStream || stream == kLegacyStream;
    Out(out) = (is_null ? context : driver.streams.Get(stream)->context)->handle;
  });
}

EMULATED_API CUresult cuStreamGetFlags(Handle stream, unsigned* flags) {
  return CallInContext("cuStreamGetFlags", [&](Driver& driver, const ContextPtr& context) {
    Out(flags) = driver.StreamOf(stream, context)->flags;
  });
}

EMULATED_API CUresult cuStreamGetPriority(Handle stream, int* priority) {
  return CallInContext("cuStreamGetPriority", [&](Driver& driver, const ContextPtr& context) {
    Out(priority) = driver.StreamOf(stream, context)->priority;
  });
}

EMULATED_API CUresult cuStreamIsCapturing(Handle stream, int* status) {
  return CallInContext("cuStreamIsCapturing", [&](Driver& driver, const ContextPtr& context) {
    driver.StreamOf(stream, context);
    Out(status) = 0;
  });
}

EMULATED_API CUresult cuStreamQuery(Handle stream) {
  return CallInContext("cuStreamQuery", [&](Driver& driver, const ContextPtr& context) {
    Poll(driver, *context, driver.PendingOf(*driver.StreamOf(stream, context)));
  });
}

EMULATED_API CUresult cuStreamSynchronize(Handle stream) {
  return CallInContext("cuStreamSynchronize", [&](Driver& driver, const ContextPtr& context) {
    driver.FinishStream(*driver.StreamOf(stream, context));
    emulated::ThrowIfLost(*context);
  });
}

EMULATED_API CUresult cuStreamWaitEvent(Handle stream, Handle event, unsigned flags) {
  return CallInContext("cuStreamWaitEvent", [&](Driver& driver, const ContextPtr& context) {
    if (flags > 1) throw Misuse{CUDA_ERROR_INVALID_VALUE, "a wait has no such flags"};
    // An event may be one of another context: this is how devices wait for each other.
    const auto awaited = driver.events.Get(event);
    driver.Submit(driver.StreamOf(stream, context), "event wait", [] {}, awaited->record);
  });
}

EMULATED_API CUresult cuEventCreate(Handle* event, unsigned flags) {
  return CallInContext("cuEventCreate", [&](Driver& driver, const ContextPtr& context) {
    Handle& out = Out(event);
    if (flags > kAllEventFlags) {
      throw Misuse{CUDA_ERROR_INVALID_VALUE, "an event has no such flags"};
    }
    out = driver.events.Add(Event{driver.NextHandle(), context, flags, nullptr})->handle;
  });
}

EMULATED_API CUresult cuEventDestroy_v2(Handle event) {
  return CallInContext("cuEventDestroy_v2", [&](Driver& driver, const ContextPtr&) {
    driver.events.Get(event);
    driver.events.Remove(event);
  });
}

EMULATED_API CUresult cuEventRecord(Handle event, Handle stream) {
  return Record("cuEventRecord", event, stream);
}

EMULATED_API CUresult cuEventRecordWithFlags(Handle event, Handle stream, unsigned) {
  return Record("cuEventRecordWithFlags", event, stream);
}

EMULATED_API CUresult cuEventQuery(Handle event) {
  return CallInContext("cuEventQuery", [&](Driver& driver, const ContextPtr& context) {
    const auto record = driver.events.Get(event)->record;
    if (record != nullptr && !record->done) Poll(driver, *context, {record});
  });
}

EMULATED_API CUresult cuEventSynchronize(Handle event) {
  return CallInContext("cuEventSynchronize", [&](Driver& driver, const ContextPtr& context) {
    const auto record = driver.events.Get(event)->record;
    if (record != nullptr) driver.work.Finish(record);
    emulated::ThrowIfLost(*context);
  });
}

EMULATED_API CUresult cuEventElapsedTime(float* milliseconds, Handle start, Handle end) {
  return CallInContext("cuEventElapsedTime", [&](Driver& driver, const ContextPtr& context) {
    float& out = Out(milliseconds);
    const auto from = driver.events.Get(start, *context);
    const auto to = driver.events.Get(end, *context);
    if (((from->flags | to->flags) & kEventDisableTiming) != 0) {
      throw Misuse{CUDA_ERROR_INVALID_HANDLE, "an event was made without timing"};
    }
    if (from->record == nullptr || to->record == nullptr) {
      throw Misuse{CUDA_ERROR_INVALID_HANDLE, "an event was never recorded"};
    }
    if (!from->record->done || !to->record->done) {
      throw Failure{CUDA_ERROR_NOT_READY, "an event is not completed"};
    }
    const std::chrono::duration<float, std::milli> elapsed =
        to->record->ended - from->record->ended;
    out = elapsed.count();
  });
}

EMULATED_API CUresult cuLaunchHostFunc(Handle stream, void (*function)(void*), void* data) {
  if (function == nullptr) return CUDA_ERROR_INVALID_VALUE;
  return Submit("cuLaunchHostFunc", stream, [=] { function(data); });
}

EMULATED_API CUresult cuStreamAddCallback(Handle stream, void (*callback)(Handle, CUresult, void*),
                                          void* data, unsigned flags) {
  if (callback == nullptr || flags != 0) return CUDA_ERROR_INVALID_VALUE;
  return Submit("cuStreamAddCallback", stream,
                [=] { callback(stream, CUDA_SUCCESS, data); });
}
