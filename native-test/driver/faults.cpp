#include "faults.h"

#include <stdexcept>

#include "text.h"

namespace emulated {
namespace {

Fault FaultFrom(const std::string& text) {
  auto [call, code] = SplitOnce(text, '=');
  auto [function, first] = SplitOnce(call, ':');
  if (function.rfind("cu", 0) != 0 || first.empty() || code.empty()) {
    throw std::invalid_argument("is not FUNCTION:N=CODE");
  }
  const bool goes_on = first.back() == '+';
  if (goes_on) first.pop_back();
  const std::size_t sticky = code.find("sticky");
  const bool is_sticky = sticky != std::string::npos && sticky + 6 == code.size();
  if (is_sticky) code.resize(sticky);
  return {function, NumberFrom(first, 1, UINT64_MAX), goes_on,
          static_cast<CUresult>(NumberFrom(code, 1, 999)), is_sticky};
}

}  // namespace

void Faults::Plant(const std::string& description) {
  std::vector<Fault> faults;
  for (const std::string& part : Split(description, ',')) {
    try {
      faults.push_back(FaultFrom(Trimmed(part)));
    } catch (const std::invalid_argument& e) {
      throw std::invalid_argument("EMULATED_GPU_FAULTS: \"" + part + "\" " + e.what());
    }
  }
  faults_ = std::move(faults);
  calls_.clear();
}

std::optional<Fault> Faults::At(const std::string& function) {
  if (faults_.empty()) return std::nullopt;
  const std::uint64_t call = ++calls_[function];
  for (const Fault& fault : faults_) {
    const bool is_now = fault.goes_on ? call >= fault.first : call == fault.first;
    if (fault.function == function && is_now) return fault;
  }
  return std::nullopt;
}

}  // namespace emulated
