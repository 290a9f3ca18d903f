// What the stand-in pretends to be: read from the environment when the library is first used, and
// changed by emulatedGpuSet while it runs.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "../ptx/ptx.h"

namespace emulated {

// Whether asynchronous work runs when it is issued, or only when something waits for it.
enum class Order { kEager, kLazy };

struct Settings {
  int devices = 1;
  std::size_t memory = std::size_t{2} << 30;
  int driver_version = 12060;
  // The compute capability times 10.
  int capability = 86;
  int multiprocessors = 16;
  std::size_t shared_per_block = 48 << 10;
  std::size_t shared_per_block_optin = 99 << 10;
  Order order = Order::kEager;
  // Of a lazy order: 0 runs nothing but what is waited for, the latest issued first.
  std::uint64_t order_seed = 0;
  // In a lazy order a poll of this device lets work be done only once in so many polls.
  int slow_device = -1;
  std::uint64_t slow_polls = 1;
  ptx::Schedule schedule;
  // Empty: standard error.
  std::string report_file;

  // Every EMULATED_GPU_* variable of the environment. Throws std::invalid_argument that names the
  // variable and its value.
  static Settings FromEnvironment();

  // Whether `name` is a setting of this structure; the same exception for a value it cannot have.
  bool Set(const std::string& name, const std::string& value);
};

}  // namespace emulated
