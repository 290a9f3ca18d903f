#include "layout.h"

#include <algorithm>

namespace ptx {
namespace {

bool Mentions(const std::vector<Operand>& operands, const std::string& name) {
  return std::any_of(operands.begin(), operands.end(), [&](const Operand& operand) {
    return operand.name == name || Mentions(operand.list, name);
  });
}

bool Mentions(const Function& function, const std::string& name) {
  return std::any_of(
      function.statements.begin(), function.statements.end(),
      [&](const Statement& statement) { return Mentions(statement.operands, name); });
}

}  // namespace

std::optional<std::int32_t> FindSpecial(const std::string& name) {
  static const std::map<std::string, std::int32_t> slots = {
      {"%tid.x", kTidX}, {"%tid.y", kTidY}, {"%tid.z", kTidZ},
      {"%ntid.x", kNtidX}, {"%ntid.y", kNtidY}, {"%ntid.z", kNtidZ},
      {"%ctaid.x", kCtaidX}, {"%ctaid.y", kCtaidY}, {"%ctaid.z", kCtaidZ},
      {"%nctaid.x", kNctaidX}, {"%nctaid.y", kNctaidY}, {"%nctaid.z", kNctaidZ},
      {"%laneid", kLaneId}, {"%warpid", kWarpId}, {"%nwarpid", kNwarpId},
      {"%lanemask_eq", kLanemaskEq}, {"%lanemask_le", kLanemaskLe},
      {"%lanemask_lt", kLanemaskLt}, {"%lanemask_ge", kLanemaskGe},
      {"%lanemask_gt", kLanemaskGt}, {"%dynamic_smem_size", kDynamicSharedSize},
      {"%total_smem_size", kTotalSharedSize}, {"%smid", kSmId}, {"%nsmid", kNsmId},
      {"%gridid", kGridId}};
  const auto found = slots.find(name);
  if (found == slots.end()) return std::nullopt;
  return found->second;
}

SharedLayout::SharedLayout(const Syntax& syntax, const Function& kernel) {
  const auto is_part = [&](const Function& function) {
    return &function == &kernel || !function.is_kernel;
  };
  for (const Function& function : syntax.functions) {
    if (!is_part(function)) continue;
    for (const Variable& variable : function.variables) Place(variable);
  }
  for (const Variable& variable : syntax.variables) {
    const auto uses = [&](const Function& function) {
      return is_part(function) && Mentions(function, variable.name);
    };
    if (std::any_of(syntax.functions.begin(), syntax.functions.end(), uses)) Place(variable);
  }
}

void SharedLayout::Place(const Variable& variable) {
  if (variable.space != Space::kShared) return;
  if (variable.is_external || variable.size == 0) {
    dynamic_alignment_ = std::max(dynamic_alignment_, variable.alignment);
    return;
  }
  static_bytes_ = AlignUp(static_bytes_, variable.alignment);
  addresses_[&variable] = static_bytes_;
  static_bytes_ += variable.size;
}

std::uint64_t SharedLayout::AddressOf(const Variable& variable) const {
  const auto found = addresses_.find(&variable);
  return found == addresses_.end() ? dynamic_start() : found->second;
}

}  // namespace ptx
