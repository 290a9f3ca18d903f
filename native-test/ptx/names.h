// Names that a function declares, and numbers as PTX writes them.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "syntax.h"

namespace ptx {

// What is declared inside a pair of braces is known until they close. The outermost scope, which
// stays open with the parameters, is there from the start.
class Names {
 public:
  Names() : scopes_(1) {}

  void Open() { scopes_.emplace_back(); }
  void Close() { scopes_.pop_back(); }
  // Whether a scope is open beside the outermost.
  bool IsOpen() const { return scopes_.size() > 1; }

  void AddRegister(const std::string& name, int index) { scopes_.back().registers[name] = index; }
  // %r<10> declares %r0 to %r9: `prefix` is %r.
  void AddRegisters(const std::string& prefix, int first, int count) {
    scopes_.back().register_ranges[prefix] = {first, count};
  }
  void AddVariable(const std::string& name, int index) { scopes_.back().variables[name] = index; }

  // −1 where there is none of this name.
  int FindRegister(const std::string& name) const;
  int FindVariable(const std::string& name) const;

 private:
  struct Scope {
    std::map<std::string, int> registers;
    std::map<std::string, std::pair<int, int>> register_ranges;
    std::map<std::string, int> variables;
  };

  std::vector<Scope> scopes_;
};

// Nothing where `text` is no number.
std::optional<Operand> ReadNumber(const std::string& text, bool negative);

}  // namespace ptx
