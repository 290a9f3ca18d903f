#include "call.h"

#include <exception>

namespace emulated {

thread_local bool in_host_function = false;

namespace {

CUresult Caught(Driver& driver, const char* name, const std::function<void()>& body) {
  try {
    body();
    return CUDA_SUCCESS;
  } catch (const Failure& e) {
    return e.code;
  } catch (const Misuse& e) {
    driver.report.Say("misuse", std::string(name) + ": " + e.why);
    return e.code;
  } catch (const std::exception& e) {
    driver.report.Say("broken", std::string(name) + ": " + e.what());
    return CUDA_ERROR_UNKNOWN;
  }
}

void Lose(Driver& driver, CUresult code) {
  const std::shared_ptr<Context> context = driver.CurrentOrNull();
  if (context == nullptr) return;
  context->lost = code;
  driver.devices[context->device].lost = code;
}

// `elsewhere` is the call in another device's context.
CUresult Changed(Driver& driver, const char* name, const std::function<void()>& body,
                 const std::function<void()>& elsewhere) {
  if (const std::optional<Fault> fault = driver.faults.At(name)) {
    if (fault->sticky) Lose(driver, fault->code);
    return fault->code;
  }
  const CallChange change = driver.mutant ? driver.mutant->At(name) : CallChange::kNone;
  if (change != CallChange::kNone) {
    driver.report.Say("mutant", driver.mutant->name() + " planted in " + name);
  }
  if (change == CallChange::kSkip) return CUDA_SUCCESS;
  const CUresult result =
      Caught(driver, name, change == CallChange::kElsewhere ? elsewhere : body);
  return change == CallChange::kRepeat && result == CUDA_SUCCESS ? Caught(driver, name, body)
                                                                  : result;
}

}  // namespace

CUresult Call(const char* name, const Body& body) {
  if (in_host_function) return CUDA_ERROR_NOT_PERMITTED;
  Driver& driver = Driver::Instance();
  const std::lock_guard<std::mutex> lock(driver.mutex());
  if (!driver.initialized) return CUDA_ERROR_NOT_INITIALIZED;
  const std::function<void()> made = [&] { body(driver); };
  return Changed(driver, name, made, made);
}

CUresult CallInContext(const char* name, const ContextBody& body) {
  if (in_host_function) return CUDA_ERROR_NOT_PERMITTED;
  Driver& driver = Driver::Instance();
  const std::lock_guard<std::mutex> lock(driver.mutex());
  if (!driver.initialized) return CUDA_ERROR_NOT_INITIALIZED;
  std::shared_ptr<Context> context;
  const CUresult result = Caught(driver, name, [&] { context = driver.Current(); });
  if (result != CUDA_SUCCESS) return result;
  if (context->lost != CUDA_SUCCESS) return context->lost;
  const CUresult code =
      Changed(driver, name, [&] { body(driver, context); },
              [&] { body(driver, driver.Elsewhere(context)); });
  // What a call has waited for may have lost the context.
  driver.devices[context->device].lost = context->lost;
  return code != CUDA_SUCCESS ? code : CUDA_SUCCESS;
}

}  // namespace emulated
