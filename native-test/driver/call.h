// How every entry point begins: it takes the lock, lets planted faults and mutants have their way,
// and turns what is thrown into a code.
#pragma once

#include <functional>
#include <memory>

#include "cuda.h"
#include "driver.h"

namespace emulated {

using Body = std::function<void(Driver&)>;
using ContextBody = std::function<void(Driver&, const std::shared_ptr<Context>&)>;

// For what needs an initialised driver and no context.
CUresult Call(const char* name, const Body& body);

// For what needs a current context that is not lost.
CUresult CallInContext(const char* name, const ContextBody& body);

// Throws the failure of a null pointer where the call has to write its result.
template <class T>
T& Out(T* pointer) {
  if (pointer == nullptr) throw Misuse{CUDA_ERROR_INVALID_VALUE, "a result's pointer is null"};
  return *pointer;
}

// Marks the calling thread as one that runs a host function: it may not call the driver.
extern thread_local bool in_host_function;

}  // namespace emulated
