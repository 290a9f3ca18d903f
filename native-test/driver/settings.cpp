#include "settings.h"

#include <cstdlib>
#include <stdexcept>

#include "text.h"

namespace emulated {
namespace {

constexpr const char* kNames[] = {
    "EMULATED_GPU_DEVICES",  "EMULATED_GPU_MEMORY",       "EMULATED_GPU_DRIVER",
    "EMULATED_GPU_COMPUTE",  "EMULATED_GPU_SMS",          "EMULATED_GPU_SHARED",
    "EMULATED_GPU_ORDER",    "EMULATED_GPU_SHARED_OPTIN", "EMULATED_GPU_SCHEDULE",
    "EMULATED_GPU_ROUNDING", "EMULATED_GPU_REPORT",       "EMULATED_GPU_SLOW",
};

ptx::Schedule::Rounding RoundingFrom(const std::string& value) {
  if (value == "nearest") return ptx::Schedule::Rounding::kNearest;
  if (value == "highest") return ptx::Schedule::Rounding::kHighest;
  if (value == "lowest") return ptx::Schedule::Rounding::kLowest;
  throw std::invalid_argument("is none of nearest, highest, lowest");
}

void SetSchedule(const std::string& value, ptx::Schedule& schedule) {
  const auto [order, seed] = SplitOnce(value, ':');
  if (order == "forward" && seed.empty()) {
    schedule.order = ptx::Schedule::Order::kForward;
  } else if (order == "backward" && seed.empty()) {
    schedule.order = ptx::Schedule::Order::kBackward;
  } else if (order == "shuffled") {
    schedule.order = ptx::Schedule::Order::kShuffled;
  } else {
    throw std::invalid_argument("is none of forward, backward, shuffled:SEED");
  }
  schedule.seed = seed.empty() ? 0 : NumberFrom(seed, 0, UINT64_MAX);
}

}  // namespace

Settings Settings::FromEnvironment() {
  Settings settings;
  for (const char* name : kNames) {
    if (const char* value = std::getenv(name)) settings.Set(name, value);
  }
  return settings;
}

bool Settings::Set(const std::string& name, const std::string& value) {
  try {
    if (name == "EMULATED_GPU_DEVICES") {
      devices = static_cast<int>(NumberFrom(value, 0, 64));
    } else if (name == "EMULATED_GPU_MEMORY") {
      memory = NumberFrom(value, 1, std::uint64_t{1} << 40);
    } else if (name == "EMULATED_GPU_DRIVER") {
      driver_version = static_cast<int>(NumberFrom(value, 9000, 99990));
    } else if (name == "EMULATED_GPU_COMPUTE") {
      capability = static_cast<int>(NumberFrom(value, 30, 999));
    } else if (name == "EMULATED_GPU_SMS") {
      multiprocessors = static_cast<int>(NumberFrom(value, 1, 1024));
    } else if (name == "EMULATED_GPU_SHARED") {
      shared_per_block = NumberFrom(value, 1024, 1 << 20);
    } else if (name == "EMULATED_GPU_SHARED_OPTIN") {
      shared_per_block_optin = NumberFrom(value, 1024, 1 << 20);
    } else if (name == "EMULATED_GPU_ORDER") {
      const auto [kind, seed] = SplitOnce(value, ':');
      if (kind != "lazy" && value != "eager") {
        throw std::invalid_argument("is none of eager, lazy, lazy:SEED");
      }
      order = kind == "lazy" ? Order::kLazy : Order::kEager;
      order_seed = seed.empty() ? 0 : NumberFrom(seed, 0, UINT64_MAX);
    } else if (name == "EMULATED_GPU_SLOW") {
      const auto [device, polls] = SplitOnce(value, ':');
      slow_device = value.empty() ? -1 : static_cast<int>(NumberFrom(device, 0, 63));
      slow_polls = value.empty() ? 1 : NumberFrom(polls, 1, UINT64_MAX);
    } else if (name == "EMULATED_GPU_SCHEDULE") {
      SetSchedule(value, schedule);
    } else if (name == "EMULATED_GPU_ROUNDING") {
      schedule.rounding = RoundingFrom(value);
    } else if (name == "EMULATED_GPU_REPORT") {
      report_file = value;
    } else {
      return false;
    }
    return true;
  } catch (const std::invalid_argument& e) {
    throw std::invalid_argument(name + "=" + value + " " + e.what());
  }
}

}  // namespace emulated
