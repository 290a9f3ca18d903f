#include "names.h"

#include <cstdlib>
#include <cstring>

namespace ptx {

int Names::FindRegister(const std::string& name) const {
  const std::size_t digits = name.find_last_not_of("0123456789") + 1;
  for (auto scope = scopes_.rbegin(); scope != scopes_.rend(); ++scope) {
    const auto single = scope->registers.find(name);
    if (single != scope->registers.end()) return single->second;
    if (digits == name.size()) continue;
    const auto range = scope->register_ranges.find(name.substr(0, digits));
    const int number = std::atoi(name.c_str() + digits);
    if (range != scope->register_ranges.end() && number < range->second.second) {
      return range->second.first + number;
    }
  }
  return -1;
}

int Names::FindVariable(const std::string& name) const {
  for (auto scope = scopes_.rbegin(); scope != scopes_.rend(); ++scope) {
    const auto variable = scope->variables.find(name);
    if (variable != scope->variables.end()) return variable->second;
  }
  return -1;
}

std::optional<Operand> ReadNumber(const std::string& text, bool negative) {
  Operand operand;
  char* end = nullptr;
  const char prefix = text.size() > 1 && text[0] == '0' ? text[1] : '\0';
  if (prefix == 'f' || prefix == 'F' || prefix == 'd' || prefix == 'D') {
    const bool is_double = prefix == 'd' || prefix == 'D';
    if (text.size() != (is_double ? 18u : 10u)) return std::nullopt;
    operand.kind = is_double ? Operand::Kind::kFloat64 : Operand::Kind::kFloat32;
    operand.value = std::strtoull(text.c_str() + 2, &end, 16);
    if (negative) operand.value ^= std::uint64_t{1} << (is_double ? 63 : 31);
  } else if (text.find('.') != std::string::npos) {
    operand.kind = Operand::Kind::kFloat64;
    const double value = std::strtod(text.c_str(), &end) * (negative ? -1 : 1);
    std::memcpy(&operand.value, &value, sizeof(value));
  } else {
    operand.kind = Operand::Kind::kInteger;
    const bool binary = prefix == 'b' || prefix == 'B';
    operand.value = binary ? std::strtoull(text.c_str() + 2, &end, 2)
                           : std::strtoull(text.c_str(), &end, 0);
    if (negative) operand.value = 0 - operand.value;
    if (*end == 'U') ++end;
  }
  if (*end != '\0') return std::nullopt;
  return operand;
}

}  // namespace ptx
