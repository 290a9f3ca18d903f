#include "operations.h"

namespace ptx {

const Operations& Operations::All() {
  static const Operations all = [] {
    Operations operations;
    AddIntegerOperations(operations);
    AddFloatOperations(operations);
    AddApproximations(operations);
    AddConversions(operations);
    AddComparisons(operations);
    AddMoves(operations);
    AddWarpOperations(operations);
    return operations;
  }();
  return all;
}

const Operation* Operations::Find(const std::string& name) const {
  const auto found = table_.find(name);
  return found == table_.end() ? nullptr : &found->second;
}

}  // namespace ptx
