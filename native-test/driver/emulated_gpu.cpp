#include "emulated_gpu.h"

#include <stdexcept>

#include "driver.h"

using emulated::Driver;

int emulatedGpuSet(const char* name, const char* value) {
  Driver& driver = Driver::Instance();
  const std::lock_guard<std::mutex> lock(driver.mutex());
  try {
    driver.Set(name, value);
    return 0;
  } catch (const std::invalid_argument& e) {
    driver.report.Say("settings", e.what());
    return -1;
  }
}

void emulatedGpuReset() {
  Driver& driver = Driver::Instance();
  const std::lock_guard<std::mutex> lock(driver.mutex());
  driver.Reset();
}

long emulatedGpuReported() {
  Driver& driver = Driver::Instance();
  const std::lock_guard<std::mutex> lock(driver.mutex());
  return driver.report.lines();
}

long emulatedGpuLaunches(int device) {
  Driver& driver = Driver::Instance();
  const std::lock_guard<std::mutex> lock(driver.mutex());
  const bool is_device = device >= 0 && static_cast<std::size_t>(device) < driver.devices.size();
  return is_device ? driver.devices[device].launches : 0;
}

namespace {

// A thread that is still inside of a call keeps the lock: then nothing can be said.
__attribute__((destructor)) void AtExit() {
  Driver& driver = Driver::Instance();
  const std::unique_lock<std::mutex> lock(driver.mutex(), std::try_to_lock);
  if (!lock) {
    driver.report.Say("unchecked", "the process ended inside of a call");
    return;
  }
  driver.ReportAtExit();
}

}  // namespace
