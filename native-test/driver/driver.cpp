#include "driver.h"

#include <dlfcn.h>

#include <cstdlib>
#include <stdexcept>

namespace emulated {
namespace {

std::string FolderOfLibrary() {
  Dl_info info{};
  if (dladdr(reinterpret_cast<void*>(&FolderOfLibrary), &info) == 0) return ".";
  const std::string file = info.dli_fname;
  const std::size_t slash = file.rfind('/');
  return slash == std::string::npos ? "." : file.substr(0, slash);
}

}  // namespace

std::string FolderFrom(const char* variable, const char* from_library) {
  const char* value = std::getenv(variable);
  return value != nullptr ? value : FolderOfLibrary() + from_library;
}

void ThrowIfLost(const Context& context) {
  if (context.lost != CUDA_SUCCESS) throw Failure{context.lost, "the context is lost"};
}

thread_local std::vector<Handle> Driver::context_stack;

Driver& Driver::Instance() {
  static Driver* const driver = new Driver;
  return *driver;
}

std::optional<std::string> Driver::Configure() {
  if (configured_) return misconfigured_;
  configured_ = true;
  // First, so that what is wrong with the others is said in the right place.
  const char* file = std::getenv("EMULATED_GPU_REPORT");
  report.WriteTo(file == nullptr ? "" : file);
  try {
    settings = Settings::FromEnvironment();
    for (const char* name : {"EMULATED_GPU_FAULTS", "EMULATED_GPU_MUTANT"}) {
      if (const char* value = std::getenv(name)) Take(name, value);
    }
    work.Reseed();
  } catch (const std::invalid_argument& e) {
    misconfigured_ = e.what();
    report.Say("settings", e.what());
  }
  return misconfigured_;
}

void Driver::Set(const std::string& name, const std::string& value) {
  Configure();
  Take(name, value);
  report.WriteTo(settings.report_file);
  work.Reseed();
}

void Driver::Take(const std::string& name, const std::string& value) {
  if (name == "EMULATED_GPU_FAULTS") {
    faults.Plant(value);
  } else if (name == "EMULATED_GPU_MUTANT") {
    mutant.reset();
    if (value.empty()) return;
    mutant = Mutant::Read(FolderFrom("EMULATED_GPU_MUTANTS", "/../mutants"), value);
    for (const auto& [setting, its_value] : mutant->settings()) Take(setting, its_value);
  } else if (!settings.Set(name, value)) {
    throw std::invalid_argument(name + " is no setting of the emulated GPU");
  }
}

void Driver::Reset() {
  while (!contexts_.empty()) {
    const std::shared_ptr<Context> context = contexts_.begin()->second;
    context->lost = CUDA_ERROR_DEINITIALIZED;
    Destroy(context, "");
  }
  initialized = false;
  configured_ = false;
  misconfigured_.reset();
  devices.clear();
  faults = Faults();
  mutant.reset();
}

void Driver::CheckDevice(CUdevice device) const {
  if (device < 0 || device >= static_cast<int>(devices.size())) {
    throw Failure{CUDA_ERROR_INVALID_DEVICE, "there is no such device"};
  }
}

std::shared_ptr<Context> Driver::CurrentOrNull() const {
  if (context_stack.empty()) return nullptr;
  const auto found = contexts_.find(context_stack.back());
  return found == contexts_.end() ? nullptr : found->second;
}

std::shared_ptr<Context> Driver::Current() const {
  if (context_stack.empty() || context_stack.back() == 0) {
    throw Misuse{CUDA_ERROR_INVALID_CONTEXT, "this thread has no current context"};
  }
  return ContextOf(context_stack.back());
}

std::shared_ptr<Context> Driver::ContextOf(Handle handle) const {
  const auto found = contexts_.find(handle);
  if (found == contexts_.end()) {
    throw Misuse{CUDA_ERROR_CONTEXT_IS_DESTROYED, "the context is destroyed, or never was"};
  }
  return found->second;
}

std::shared_ptr<Context> Driver::Elsewhere(const std::shared_ptr<Context>& context) const {
  for (const auto& [handle, other] : contexts_) {
    if (other->device != context->device) return other;
  }
  return context;
}

std::shared_ptr<Context> Driver::NewContext(int device, unsigned flags, bool primary) {
  auto context = std::make_shared<Context>();
  context->handle = NextHandle();
  context->device = device;
  context->flags = flags;
  context->primary = primary;
  context->lost = devices[device].lost;
  contexts_[context->handle] = context;
  null_streams_[context->handle] =
      std::make_shared<Stream>(Stream{kNullStream, context, 0, 0, nullptr});
  return context;
}

void Driver::ReportLeft(const Context& context, const std::string& when) {
  memory.CheckRedZones(context.handle);
  for (const Block& block : memory.BlocksOf(context.handle)) {
    report.Say("leak", NameOf(block) + ", when " + when);
  }
  const auto count = [&](const auto& table) {
    const std::size_t left = table.In(context).size();
    if (left == 0) return;
    report.Say("leak", std::to_string(left) + " of kind " + table.kind() + " on device " +
                           std::to_string(context.device) + ", when " + when);
  };
  count(streams);
  count(events);
  count(modules);
}

void Driver::Destroy(std::shared_ptr<Context> context, const std::string& when) {
  work.FinishAll(*context);
  // A caller has no way to free what lives in a lost context.
  if (context->lost == CUDA_SUCCESS) ReportLeft(*context, when);
  memory.Forget(context->handle);
  for (const auto& stream : streams.In(*context)) streams.Remove(stream->handle);
  for (const auto& event : events.In(*context)) events.Remove(event->handle);
  for (const auto& function : functions.In(*context)) functions.Remove(function->handle);
  for (const auto& module : modules.In(*context)) modules.Remove(module->handle);
  null_streams_.erase(context->handle);
  contexts_.erase(context->handle);
  for (Device& device : devices) {
    if (device.primary != context) continue;
    device.primary.reset();
    device.primary_retained = 0;
    device.lost = context->lost;
  }
}

void Driver::ReportAtExit() {
  for (const auto& [handle, context] : contexts_) {
    if (context->lost == CUDA_SUCCESS) ReportLeft(*context, "the process ended");
  }
}

std::shared_ptr<Stream> Driver::StreamOf(Handle handle, const std::shared_ptr<Context>& context) {
  if (handle == kNullStream || handle == kLegacyStream) return null_streams_.at(context->handle);
  if (handle == kPerThreadStream) {
    throw Failure{CUDA_ERROR_NOT_SUPPORTED, "per-thread streams are not emulated"};
  }
  return streams.Get(handle, *context);
}

std::vector<std::shared_ptr<Task>> Driver::LastOf(const Stream& stream) {
  std::vector<std::shared_ptr<Task>> last;
  const auto add = [&](const Stream& other) {
    if (other.last != nullptr && !other.last->done) last.push_back(other.last);
  };
  add(stream);
  if (stream.handle == kNullStream) {
    for (const auto& other : streams.In(*stream.context)) {
      if ((other->flags & kStreamNonBlocking) == 0) add(*other);
    }
  } else if ((stream.flags & kStreamNonBlocking) == 0) {
    add(*null_streams_.at(stream.context->handle));
  }
  return last;
}

std::shared_ptr<Task> Driver::Submit(const std::shared_ptr<Stream>& stream,
                                     const std::string& what, std::function<void()> run,
                                     const std::shared_ptr<Task>& extra) {
  auto task = std::make_shared<Task>();
  task->what = what;
  task->context = stream->context;
  task->run = std::move(run);
  task->after = LastOf(*stream);
  if (extra != nullptr && !extra->done) task->after.push_back(extra);
  stream->last = task;
  work.Add(task);
  return task;
}

std::vector<std::shared_ptr<Task>> Driver::PendingOf(const Stream& stream) {
  // The null stream is done once every stream that it orders is.
  if (stream.handle == kNullStream) return LastOf(stream);
  if (stream.last == nullptr || stream.last->done) return {};
  return {stream.last};
}

void Driver::FinishStream(const Stream& stream) {
  for (const auto& task : PendingOf(stream)) work.Finish(task);
}

}  // namespace emulated
