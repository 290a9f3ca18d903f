// The state of the stand-in: devices, contexts and what lives in them. All of it is behind one
// lock, which every call holds from its beginning to its end.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "../ptx/ptx.h"
#include "cuda.h"
#include "faults.h"
#include "memory.h"
#include "mutant.h"
#include "report.h"
#include "settings.h"
#include "work.h"

namespace emulated {

struct Stream {
  Handle handle;
  std::shared_ptr<Context> context;
  unsigned flags;
  int priority;
  std::shared_ptr<Task> last;
};

struct Event {
  Handle handle;
  std::shared_ptr<Context> context;
  unsigned flags;
  // The latest record; null before the first.
  std::shared_ptr<Task> record;
};

struct Module {
  Handle handle;
  std::shared_ptr<Context> context;
  std::shared_ptr<const ptx::Module> code;
};

struct Function {
  Handle handle;
  Handle module;
  std::shared_ptr<Context> context;
  std::shared_ptr<const ptx::Module> code;
  const ptx::KernelInfo* kernel;
  std::size_t dynamic_shared_bytes;
  int carveout;
};

// What handles of one kind stand for.
template <class T>
class Table {
 public:
  explicit Table(const char* kind) : kind_(kind) {}

  std::shared_ptr<T> Add(T value) {
    return values_[value.handle] = std::make_shared<T>(std::move(value));
  }

  // Of a handle that was never given out, or was destroyed: a misuse.
  std::shared_ptr<T> Get(Handle handle) const {
    const auto found = values_.find(handle);
    if (found == values_.end()) {
      throw Misuse{CUDA_ERROR_INVALID_HANDLE, std::string("there is no such ") + kind_};
    }
    return found->second;
  }

  // The same, and it must belong to this context.
  std::shared_ptr<T> Get(Handle handle, const Context& context) const {
    std::shared_ptr<T> value = Get(handle);
    if (value->context.get() != &context) {
      throw Misuse{CUDA_ERROR_INVALID_HANDLE,
                   std::string("the ") + kind_ + " belongs to another context"};
    }
    return value;
  }

  void Remove(Handle handle) { values_.erase(handle); }

  std::vector<std::shared_ptr<T>> In(const Context& context) const {
    std::vector<std::shared_ptr<T>> in;
    for (const auto& [handle, value] : values_) {
      if (value->context.get() == &context) in.push_back(value);
    }
    return in;
  }

  const char* kind() const { return kind_; }

 private:
  const char* kind_;
  std::map<Handle, std::shared_ptr<T>> values_;
};

// The folder that the environment names, or one that stands beside this library.
std::string FolderFrom(const char* variable, const char* from_library);

// Throws the error that has lost the context, if one has.
void ThrowIfLost(const Context& context);

struct Device {
  std::shared_ptr<Context> primary;
  int primary_retained = 0;
  unsigned primary_flags = 0;
  // As the documentation of such errors says, only a new process gets rid of them.
  CUresult lost = CUDA_SUCCESS;
  std::uint64_t polls = 0;
  long launches = 0;
};

class Driver {
 public:
  // The one of this process; never destroyed, threads may outlive main.
  static Driver& Instance();

  std::mutex& mutex() { return mutex_; }

  // Reads the environment, once; the reason where it cannot be right.
  std::optional<std::string> Configure();
  // Changes one setting of what the environment says. Throws std::invalid_argument.
  void Set(const std::string& name, const std::string& value);
  // Forgets everything, as if the process had just begun.
  void Reset();

  void CheckDevice(CUdevice device) const;
  std::shared_ptr<Context> Current() const;
  std::shared_ptr<Context> CurrentOrNull() const;
  std::shared_ptr<Context> ContextOf(Handle handle) const;
  // The context in which a mutant makes a call that is meant for this one: another device's, if
  // there is one.
  std::shared_ptr<Context> Elsewhere(const std::shared_ptr<Context>& context) const;
  std::shared_ptr<Context> NewContext(int device, unsigned flags, bool primary);
  // Runs what is pending, reports what was left behind, and ends all that lives in the context.
  void Destroy(std::shared_ptr<Context> context, const std::string& when);
  // What is left behind in every context when the process ends.
  void ReportAtExit();

  // A stream of the current context; the null stream is one too.
  std::shared_ptr<Stream> StreamOf(Handle handle, const std::shared_ptr<Context>& context);
  // Adds work to a stream, behind what is in it and behind `extra` unless that is null.
  std::shared_ptr<Task> Submit(const std::shared_ptr<Stream>& stream, const std::string& what,
                               std::function<void()> run,
                               const std::shared_ptr<Task>& extra = nullptr);
  // What has to be done before the stream is; empty if it is.
  std::vector<std::shared_ptr<Task>> PendingOf(const Stream& stream);
  void FinishStream(const Stream& stream);

  Handle NextHandle() { return next_handle_ += 16; }

  Settings settings;
  Report report;
  Faults faults;
  std::optional<Mutant> mutant;
  // Since cuInit.
  bool initialized = false;
  Memory memory{report};
  Work work{settings, report};
  std::vector<Device> devices;
  Table<Stream> streams{"stream"};
  Table<Event> events{"event"};
  Table<Module> modules{"module"};
  Table<Function> functions{"function"};
  // Of the calling thread, the current one last.
  static thread_local std::vector<Handle> context_stack;

 private:
  Driver() = default;
  // What the next task of the stream has to be behind.
  std::vector<std::shared_ptr<Task>> LastOf(const Stream& stream);
  void ReportLeft(const Context& context, const std::string& when);

  void Take(const std::string& name, const std::string& value);

  std::mutex mutex_;
  bool configured_ = false;
  std::optional<std::string> misconfigured_;
  Handle next_handle_ = 0x7E0000000000;
  std::map<Handle, std::shared_ptr<Context>> contexts_;
  // The null stream of each context.
  std::map<Handle, std::shared_ptr<Stream>> null_streams_;
};

}  // namespace emulated
