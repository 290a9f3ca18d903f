// Modules and their functions.
#include <algorithm>
#include <cstring>
#include <regex>

#include "call.h"
#include "text.h"

using emulated::CallInContext;
using emulated::Context;
using emulated::Driver;
using emulated::Failure;
using emulated::Function;
using emulated::Misuse;
using emulated::Module;
using emulated::Out;
using ContextPtr = std::shared_ptr<Context>;

namespace {

struct Release {
  int driver;
  int isa;
};

// The first driver that reads a PTX ISA, both as the driver's version number and the ISA's times 10.
constexpr Release kReleases[] = {
    {9000, 60},  {9010, 61},  {9020, 62},  {10000, 63}, {10010, 64}, {10020, 65},
    {11000, 70}, {11010, 71}, {11020, 72}, {11030, 73}, {11040, 74}, {11050, 75},
    {11060, 76}, {11070, 77}, {11080, 78}, {12000, 80}, {12010, 81}, {12020, 82},
    {12030, 83}, {12040, 84}, {12050, 85}, {12070, 86}, {12080, 87}, {12090, 88},
    {13000, 90}, {13010, 91},
};

int HighestIsa(int driver_version) {
  int isa = 0;
  for (const Release& release : kReleases) {
    if (release.driver <= driver_version) isa = release.isa;
  }
  return isa;
}

// What a call of cuModuleLoadDataEx wants to know about a failure.
class Log {
 public:
  Log(unsigned count, int* options, void** values) : count_(count), options_(options),
                                                     values_(values) {}

  void Write(const std::string& text) const {
    void** size = Value(kJitErrorLogBufferSize);
    void** buffer = Value(kJitErrorLogBuffer);
    if (size == nullptr || buffer == nullptr || *buffer == nullptr) return;
    const std::size_t room = static_cast<unsigned>(reinterpret_cast<std::uintptr_t>(*size));
    if (room == 0) return;
    const std::size_t length = std::min(room - 1, text.size());
    std::memcpy(*buffer, text.data(), length);
    static_cast<char*>(*buffer)[length] = 0;
    *size = reinterpret_cast<void*>(length);
  }

 private:
  void** Value(int option) const {
    if (options_ == nullptr || values_ == nullptr) return nullptr;
    for (unsigned i = 0; i < count_; ++i) {
      if (options_[i] == option) return &values_[i];
    }
    return nullptr;
  }

  unsigned count_;
  int* options_;
  void** values_;
};

// Whether the text is that of the shipped PTX of this name; every text is that of "*".
bool IsShippedAs(const std::string& module, const std::string& text) {
  if (module == "*") return true;
  const std::string file =
      emulated::FolderFrom("EMULATED_GPU_PTX", "/../../kernels/ptx") + "/" + module + ".ptx";
  return emulated::ContentsOf(file) == text;
}

std::string WithMutant(Driver& driver, const std::string& text) {
  if (!driver.mutant || !driver.mutant->edits_text()) return text;
  try {
    if (!IsShippedAs(driver.mutant->module(), text)) return text;
    const std::string edited = driver.mutant->Edited(text);
    driver.report.Say("mutant", driver.mutant->name() + " planted in module " +
                                    driver.mutant->module());
    return edited;
  } catch (const std::invalid_argument& e) {
    driver.report.Say("broken mutant", e.what());
    throw Failure{CUDA_ERROR_UNKNOWN, e.what()};
  }
}

// The number after a directive, times 10: 63 for ".version 6.3", 75 for ".target sm_75" times 1.
int DirectiveOf(const std::string& text, const std::string& pattern) {
  std::smatch match;
  const std::string head = text.substr(0, 4096);
  if (!std::regex_search(head, match, std::regex(pattern))) return 0;
  return std::stoi(match[1].str() + match[2].str());
}

std::shared_ptr<const ptx::Module> Compiled(Driver& driver, const char* image) {
  const std::string given = image;
  const char first = emulated::Trimmed(given.substr(0, 256)).substr(0, 1)[0];
  if (first != '.' && first != '/') {
    throw Failure{CUDA_ERROR_INVALID_IMAGE, "the image is not PTX text, the only kind emulated"};
  }
  const std::string text = WithMutant(driver, given);
  const int version = DirectiveOf(text, "(?:^|\\n)\\s*\\.version\\s+(\\d+)\\.(\\d)");
  const int highest = HighestIsa(driver.settings.driver_version);
  if (version > highest) {
    throw Failure{CUDA_ERROR_UNSUPPORTED_PTX_VERSION,
                  "PTX ISA " + std::to_string(version / 10) + "." + std::to_string(version % 10) +
                      " is newer than " + std::to_string(highest / 10) + "." +
                      std::to_string(highest % 10) + ", the driver's"};
  }
  const int target = DirectiveOf(text, "(?:^|\\n)\\s*\\.target\\s+sm_(\\d+)()");
  if (target > driver.settings.capability) {
    throw Failure{CUDA_ERROR_INVALID_PTX,
                  "target sm_" + std::to_string(target) + " is higher than the device's sm_" +
                      std::to_string(driver.settings.capability)};
  }
  try {
    return ptx::Module::Parse(text);
  } catch (const ptx::Error& e) {
    throw Failure{CUDA_ERROR_INVALID_PTX, e.what()};
  }
}

CUresult Load(const char* name, Handle* module, const char* image, const Log& log) {
  return CallInContext(name, [&](Driver& driver, const ContextPtr& context) {
    Handle& out = Out(module);
    if (image == nullptr) throw Misuse{CUDA_ERROR_INVALID_VALUE, "the image is null"};
    try {
      const Module loaded{driver.NextHandle(), context, Compiled(driver, image)};
      out = driver.modules.Add(loaded)->handle;
    } catch (const Failure& e) {
      log.Write(e.why);
      if (e.code == CUDA_ERROR_INVALID_PTX) driver.report.Say("ptx", e.why);
      throw;
    }
  });
}

int AttributeOf(const Driver& driver, const Function& function, int attribute) {
  switch (attribute) {
    case kFunctionMaxThreadsPerBlock:
      return function.kernel->max_threads == 0 ? 1024 : function.kernel->max_threads;
    case kFunctionSharedSizeBytes:
      return static_cast<int>(function.kernel->static_shared_bytes);
    case kFunctionConstSizeBytes:
    case kFunctionLocalSizeBytes:
    case kFunctionCacheModeCa:
      return 0;
    case kFunctionNumRegs:
      return 32;
    case kFunctionPtxVersion:
      return function.code->target();
    case kFunctionBinaryVersion:
      return driver.settings.capability;
    case kFunctionMaxDynamicSharedSizeBytes:
      return static_cast<int>(function.dynamic_shared_bytes);
    case kFunctionPreferredSharedMemoryCarveout:
      return function.carveout;
    default:
      throw Failure{CUDA_ERROR_INVALID_VALUE, "the attribute is not emulated"};
  }
}

}  // namespace

EMULATED_API CUresult cuModuleLoadData(Handle* module, const void* image) {
  return Load("cuModuleLoadData", module, static_cast<const char*>(image), Log(0, nullptr, nullptr));
}

EMULATED_API CUresult cuModuleLoadDataEx(Handle* module, const void* image, unsigned count,
                                         int* options, void** values) {
  return Load("cuModuleLoadDataEx", module, static_cast<const char*>(image),
              Log(count, options, values));
}

EMULATED_API CUresult cuModuleUnload(Handle module) {
  return CallInContext("cuModuleUnload", [&](Driver& driver, const ContextPtr& context) {
    driver.modules.Get(module, *context);
    for (const auto& function : driver.functions.In(*context)) {
      if (function->module == module) driver.functions.Remove(function->handle);
    }
    driver.modules.Remove(module);
  });
}

EMULATED_API CUresult cuModuleGetFunction(Handle* function, Handle module, const char* name) {
  return CallInContext("cuModuleGetFunction", [&](Driver& driver, const ContextPtr& context) {
    Handle& out = Out(function);
    const auto loaded = driver.modules.Get(module, *context);
    if (name == nullptr) throw Misuse{CUDA_ERROR_INVALID_VALUE, "the name is null"};
    for (const auto& known : driver.functions.In(*context)) {
      if (known->module == module && known->kernel->name == name) {
        out = known->handle;
        return;
      }
    }
    const auto& kernels = loaded->code->kernels();
    const auto kernel = std::find_if(kernels.begin(), kernels.end(),
                                     [&](const ptx::KernelInfo& info) { return info.name == name; });
    if (kernel == kernels.end()) {
      throw Failure{CUDA_ERROR_NOT_FOUND, std::string("there is no kernel ") + name};
    }
    const std::size_t dynamic = driver.settings.shared_per_block - kernel->static_shared_bytes;
    out = driver.functions
              .Add(Function{driver.NextHandle(), module, context, loaded->code, &*kernel, dynamic,
                            -1})
              ->handle;
  });
}

EMULATED_API CUresult cuFuncGetModule(Handle* module, Handle function) {
  return CallInContext("cuFuncGetModule", [&](Driver& driver, const ContextPtr& context) {
    Out(module) = driver.functions.Get(function, *context)->module;
  });
}

EMULATED_API CUresult cuFuncGetAttribute(int* value, int attribute, Handle function) {
  return CallInContext("cuFuncGetAttribute", [&](Driver& driver, const ContextPtr& context) {
    Out(value) = AttributeOf(driver, *driver.functions.Get(function, *context), attribute);
  });
}

EMULATED_API CUresult cuFuncSetAttribute(Handle function, int attribute, int value) {
  return CallInContext("cuFuncSetAttribute", [&](Driver& driver, const ContextPtr& context) {
    const auto of = driver.functions.Get(function, *context);
    if (attribute == kFunctionPreferredSharedMemoryCarveout) {
      if (value < -1 || value > 100) throw Misuse{CUDA_ERROR_INVALID_VALUE, "no percentage"};
      of->carveout = value;
      return;
    }
    if (attribute != kFunctionMaxDynamicSharedSizeBytes) {
      throw Misuse{CUDA_ERROR_INVALID_VALUE, "the attribute cannot be set"};
    }
    const std::size_t most = driver.settings.shared_per_block_optin;
    if (value < 0 || of->kernel->static_shared_bytes + value > most) {
      throw Misuse{CUDA_ERROR_INVALID_VALUE,
                   std::to_string(value) + " bytes of dynamic shared memory beside " +
                       std::to_string(of->kernel->static_shared_bytes) +
                       " static ones are more than a block's " + std::to_string(most)};
    }
    of->dynamic_shared_bytes = value;
  });
}

EMULATED_API CUresult cuFuncSetCacheConfig(Handle function, int) {
  return CallInContext("cuFuncSetCacheConfig", [&](Driver& driver, const ContextPtr& context) {
    driver.functions.Get(function, *context);
  });
}
